#pragma once

#include <memory>
#include <string_view>
#include <variant>

#include "hermes/nn/layer.hpp"
#include "hermes/nn/layers/avg_pool2d.hpp"
#include "hermes/nn/layers/batch_norm.hpp"
#include "hermes/nn/layers/conv2d.hpp"
#include "hermes/nn/layers/custom.hpp"
#include "hermes/nn/layers/dense.hpp"
#include "hermes/nn/layers/dropout.hpp"
#include "hermes/nn/layers/flatten.hpp"
#include "hermes/nn/layers/gelu.hpp"
#include "hermes/nn/layers/global_avg_pool.hpp"
#include "hermes/nn/layers/layer_norm.hpp"
#include "hermes/nn/layers/leaky_relu.hpp"
#include "hermes/nn/layers/max_pool2d.hpp"
#include "hermes/nn/layers/relu.hpp"
#include "hermes/nn/layers/residual.hpp"
#include "hermes/nn/layers/sigmoid.hpp"
#include "hermes/nn/layers/softplus.hpp"
#include "hermes/nn/layers/tanh.hpp"

namespace hermes::nn {

/// Every kind of layer that a model file may name. A spec has `kType` (its `type` in the file) and
/// `visit_fields(spec, f)`, which calls f(key, member, presence) for each of its keys.
using AnyLayerSpec =
    std::variant<DenseSpec, Conv2dSpec, MaxPool2dSpec, AvgPool2dSpec, GlobalAvgPoolSpec,
                 FlattenSpec, BatchNormSpec, LayerNormSpec, ReluSpec, LeakyReluSpec, TanhSpec,
                 SigmoidSpec, GeluSpec, SoftplusSpec, DropoutSpec, ResidualSpec, CustomLayerSpec>;

/// One of them. A type of its own because a residual block has layers inside.
struct LayerSpec : AnyLayerSpec {
  using AnyLayerSpec::AnyLayerSpec;
};

/// "conv2d" and so on.
std::string_view type_name(const LayerSpec& spec);

/// Builds the layer for samples of shape `input`; of a residual block the addition at its end.
/// Throws ConfigError where a field is out of range or the input has a shape that it cannot take.
std::unique_ptr<Layer> make_layer(const LayerSpec& spec, const Shape& input);

}  // namespace hermes::nn
