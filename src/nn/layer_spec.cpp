#include "hermes/nn/layer_spec.hpp"

namespace hermes::nn {

std::string_view type_name(const LayerSpec& spec) {
  if (const auto* custom = std::get_if<CustomLayerSpec>(&spec)) {
    return custom->type;
  }
  return std::visit([](const auto& alternative) { return alternative.kType; }, spec);
}

std::unique_ptr<Layer> make_layer(const LayerSpec& spec, const Shape& input) {
  return std::visit([&](const auto& alternative) { return make_layer(alternative, input); }, spec);
}

}  // namespace hermes::nn
