#pragma once

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "hermes/core/random.hpp"
#include "hermes/nn/parameter_tensor.hpp"

namespace hermes::nn {

/// How weights start (biases, scales and statistics start at `ParameterTensor::start`): He et al.
/// 2015 with fan-in, Glorot & Bengio 2010
/// ("xavier") with the mean of fan-in and fan-out, or uniform in [-range, range].
struct Initializer {
  enum class Kind { HeNormal, HeUniform, XavierNormal, XavierUniform, Uniform };
  Kind kind = Kind::HeNormal;
  double range = 0.05;  ///< for Uniform

  friend bool operator==(const Initializer&, const Initializer&) = default;
};

/// The names of the kinds in model files.
inline constexpr std::array<std::pair<std::string_view, Initializer::Kind>, 5> kInitializerNames{{
    {"he_normal", Initializer::Kind::HeNormal},
    {"he_uniform", Initializer::Kind::HeUniform},
    {"xavier_normal", Initializer::Kind::XavierNormal},
    {"xavier_uniform", Initializer::Kind::XavierUniform},
    {"uniform", Initializer::Kind::Uniform},
}};

/// Fills one tensor of a parameter buffer.
void initialize_tensor(const Initializer& initializer, const ParameterTensor& tensor,
                       std::span<float> buffer, RandomStream& random);

}  // namespace hermes::nn
