#pragma once

#include <memory>
#include <string_view>

#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// The mean of each channel over the whole image: plain features, as many as channels.
struct GlobalAvgPoolSpec {
  static constexpr std::string_view kType = "global_avg_pool";

  template <class Self, class Field>
  static void visit_fields(Self& /*spec*/, Field&& /*field*/) {}
};

std::unique_ptr<Layer> make_layer(const GlobalAvgPoolSpec& spec, const Shape& input);

}  // namespace hermes::nn
