#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "hermes/nn/field.hpp"
#include "hermes/nn/layer.hpp"

namespace hermes::nn {

/// A layer that Hermes does not know: a program brings its kernels along. Model files keep `type`
/// and `settings`; to read them again takes a program that brings `make`.
struct CustomLayerSpec {
  static constexpr std::string_view kType = "custom";
  std::string type;      ///< in files and messages; unlike all other layers' of the network
  std::string settings;  ///< one line, as the layer likes it; the same on all ranks
  /// Builds it for samples of shape `input`. Throws ConfigError for settings or an input that it
  /// cannot take.
  std::function<std::unique_ptr<Layer>(const std::string& settings, const Shape& input)> make;

  template <class Self, class Field>
  static void visit_fields(Self& spec, Field&& field) {
    field("settings", spec.settings, Presence::Optional);
  }
};

std::unique_ptr<Layer> make_layer(const CustomLayerSpec& spec, const Shape& input);

}  // namespace hermes::nn
