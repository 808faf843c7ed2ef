#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/field.hpp"
#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// Batch normalisation (Ioffe & Szegedy 2015), as PyTorch's BatchNorm2d and BatchNorm1d: each
/// channel of an image, or each plain feature, is shifted and scaled to mean 0 and variance 1, then
/// by a trained weight and bias. Training takes mean and (biased) variance from the mini-batch, and
/// keeps running means of both (of the unbiased variance), which inference takes.
///
/// A mini-batch with a single value per channel has no variance: it is normalised with the running
/// statistics, which stay as they are. A variance below zero, from a damaged file, counts as zero.
struct BatchNormSpec {
  static constexpr std::string_view kType = "batch_norm";
  double momentum = 0.1;  ///< in (0, 1]: weight of the newest mini-batch in running statistics
  double epsilon = 1e-5;  ///< positive: added to variances

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("momentum", spec.momentum, Presence::Optional);
    field("epsilon", spec.epsilon, Presence::Optional);
  }
};

std::unique_ptr<Layer> make_layer(const BatchNormSpec& spec, const Shape& input);

}  // namespace hermes::nn
