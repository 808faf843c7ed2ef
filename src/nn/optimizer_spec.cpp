#include "hermes/nn/optimizer_spec.hpp"

namespace hermes::nn {

std::string_view type_name(const OptimizerSpec& spec) {
  return std::visit([](const auto& alternative) { return alternative.kType; }, spec);
}

std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, std::size_t parameter_count) {
  return std::visit(
      [&](const auto& alternative) { return make_optimizer(alternative, parameter_count); }, spec);
}

}  // namespace hermes::nn
