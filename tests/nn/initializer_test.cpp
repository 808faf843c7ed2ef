#include "hermes/nn/initializer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace hermes::nn {
namespace {

using Kind = Initializer::Kind;

ParameterTensor tensor_of(std::size_t size, std::size_t fan_in, std::size_t fan_out) {
  ParameterTensor tensor{"weight", {size}};
  tensor.extents = {size, 1, 1, 1};
  tensor.strides = {1, 0, 0, 0};
  tensor.fan_in = fan_in;
  tensor.fan_out = fan_out;
  return tensor;
}

TEST(InitializerTest, variance_and_range_are_those_of_the_papers) {
  struct Case {
    Initializer initializer;
    double variance;
    double range;  // infinite for normal distributions
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Case cases[] = {
      {{Kind::HeNormal}, 2.0 / 50, kInfinity},
      {{Kind::HeUniform}, 2.0 / 50, std::sqrt(6.0 / 50)},
      {{Kind::XavierNormal}, 2.0 / 80, kInfinity},
      {{Kind::XavierUniform}, 2.0 / 80, std::sqrt(6.0 / 80)},
      {{Kind::Uniform, 0.3}, 0.3 * 0.3 / 3, 0.3},
  };
  for (const Case& c : cases) {
    constexpr std::size_t kCount = 40000;
    std::vector<float> values(kCount);
    RandomStream random(3, RandomPurpose::Test);
    initialize_tensor(c.initializer, tensor_of(kCount, 50, 30), values, random);
    double sum = 0.0;
    double squares = 0.0;
    double largest = 0.0;
    for (const float value : values) {
      sum += value;
      squares += static_cast<double>(value) * value;
      largest = std::max(largest, std::abs(static_cast<double>(value)));
    }
    const auto kind = static_cast<int>(c.initializer.kind);
    EXPECT_NEAR(sum / kCount, 0.0, 5.0 * std::sqrt(c.variance / kCount)) << kind;
    EXPECT_NEAR(squares / kCount, c.variance, 0.05 * c.variance) << kind;
    EXPECT_LE(largest, c.range * 1.000001) << kind;
    EXPECT_GT(largest, std::isfinite(c.range) ? 0.99 * c.range : 3.0 * std::sqrt(c.variance));
  }
}

TEST(InitializerTest, biases_start_at_zero_and_draw_nothing) {
  std::vector<float> values(10, 5.0F);
  RandomStream random(3, RandomPurpose::Test);
  const RandomStream::State before = random.state();
  initialize_tensor({Kind::HeNormal}, tensor_of(10, 0, 0), values, random);
  EXPECT_EQ(values, std::vector<float>(10, 0.0F));
  EXPECT_EQ(random.state(), before);
}

}  // namespace
}  // namespace hermes::nn
