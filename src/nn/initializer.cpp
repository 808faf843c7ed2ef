#include "hermes/nn/initializer.hpp"

#include <algorithm>
#include <cmath>

#include "hermes/core/assert.hpp"

namespace hermes::nn {
namespace {

bool is_normal(Initializer::Kind kind) {
  return kind == Initializer::Kind::HeNormal || kind == Initializer::Kind::XavierNormal;
}

double variance(Initializer::Kind kind, const ParameterTensor& tensor) {
  const auto fan_in = static_cast<double>(tensor.fan_in);
  const auto fan_out = static_cast<double>(tensor.fan_out);
  const bool he = kind == Initializer::Kind::HeNormal || kind == Initializer::Kind::HeUniform;
  return 2.0 / (he ? fan_in : fan_in + fan_out);
}

}  // namespace

void initialize_tensor(const Initializer& initializer, const ParameterTensor& tensor,
                       std::span<float> buffer, RandomStream& random) {
  HERMES_ASSERT(tensor.offset + tensor.size() <= buffer.size(), "initialize: tensor out of buffer");
  const std::span<float> values = buffer.subspan(tensor.offset, tensor.size());
  if (tensor.fan_in == 0) {
    std::fill(values.begin(), values.end(), tensor.start);
    return;
  }
  if (is_normal(initializer.kind)) {
    const double deviation = std::sqrt(variance(initializer.kind, tensor));
    std::generate(values.begin(), values.end(),
                  [&] { return static_cast<float>(deviation * random.normal()); });
    return;
  }
  // A uniform distribution on [-r, r] has the variance r^2 / 3.
  const double range = initializer.kind == Initializer::Kind::Uniform
                           ? initializer.range
                           : std::sqrt(3.0 * variance(initializer.kind, tensor));
  std::generate(values.begin(), values.end(),
                [&] { return static_cast<float>(range * (2.0 * random.uniform() - 1.0)); });
}

}  // namespace hermes::nn
