#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <variant>

#include "hermes/nn/optimizer.hpp"
#include "hermes/nn/optimizers/adam.hpp"
#include "hermes/nn/optimizers/adamw.hpp"
#include "hermes/nn/optimizers/sgd.hpp"

namespace hermes::nn {

/// Every optimizer that a run configuration may name. A spec has `kType` and `visit_fields`; the
/// learning rate belongs to the schedule.
using OptimizerSpec = std::variant<SgdSpec, AdamSpec, AdamwSpec>;

/// "sgd" and so on.
std::string_view type_name(const OptimizerSpec& spec);

/// Throws ConfigError for a field out of range.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerSpec& spec, std::size_t parameter_count);

}  // namespace hermes::nn
