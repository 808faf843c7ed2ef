#include "nn/convolution/winograd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"
#include "nn/support/convolution_problem.hpp"

namespace hermes::nn {
namespace {

using testing::convolution_of;
using testing::ConvolutionProblem;
using testing::expect_close;
using testing::for_each_value;
using testing::same_convolution;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

void run(ConvolutionProblem& problem, bool fused) {
  problem.run(*make_winograd_convolution(problem.geometry), fused);
}

TEST(WinogradTest, agrees_with_plain_loops_on_random_shapes_and_every_path) {
  RandomStream random(9, RandomPurpose::Test);
  const auto draw = [&](std::size_t low, std::size_t high) {
    return low + random.below(high - low + 1);
  };
  for (std::uint64_t round = 0; round < 24; ++round) {
    const std::size_t kernel = draw(0, 1) == 0 ? 3 : 5;
    const Halo halo{draw(0, 3), draw(0, 3), draw(0, 3), draw(0, 3)};
    const Shape input = Shape::image(4 * draw(1, 6), draw(5, 12), draw(5, 12));
    ConvolutionProblem problem(convolution_of(input, 4 * draw(1, 6), kernel, halo), draw(1, 9),
                               10 * round);
    const auto expected = problem.expected_results();
    for (const SimdTarget target : supported_simd_targets()) {
      const SimdTargetScope scope(target);
      SCOPED_TRACE(std::string(to_string(target)) + ", round " + std::to_string(round));
      run(problem, false);
      expect_close(problem.results(), expected, 3e-5);
    }
    problem.expect_halo_untouched();
  }
}

TEST(WinogradTest, many_blocks_and_panels_of_weights_add_up) {
  ConvolutionProblem problem(same_convolution(72, 9, 68, 3), 5, 1);
  const auto expected = problem.expected_results();
  run(problem, false);
  expect_close(problem.results(), expected, 3e-5);
}

TEST(WinogradTest, small_integers_give_integers_but_for_the_scale_of_the_weights) {
  for (const std::size_t kernel : {std::size_t{3}, std::size_t{5}}) {
    ConvolutionProblem problem(same_convolution(8, 10, 12, kernel), 2, 1);
    RandomStream random(3, RandomPurpose::Test);
    const auto draw = [&](float& value) { value = static_cast<float>(random.below(9)) - 4.0F; };
    for_each_value(problem.x(), draw);
    for_each_value(problem.dy(), draw);
    std::for_each(problem.bias.begin(), problem.bias.end(), draw);
    for (float& value : problem.weight) {
      draw(value);
      value *= 576.0F;  // 24 squared: makes G w G^T integers
    }
    const auto expected = problem.expected_results();
    run(problem, false);
    expect_close(problem.results(), expected, 1e-5);
  }
}

TEST(WinogradTest, a_fused_relu_equals_one_that_is_not) {
  const ConvolutionGeometry geometry = same_convolution(16, 11, 20, 3);
  ConvolutionProblem fused(geometry, 3, 4);
  run(fused, true);
  ConvolutionProblem plain(geometry, 3, 4);
  plain.run_with_relu_behind(*make_winograd_convolution(geometry));
  EXPECT_EQ(fused.results(), plain.results());
}

TEST(WinogradTest, results_do_not_depend_on_garbage_nor_on_whether_dx_is_wanted) {
  const ConvolutionGeometry geometry = same_convolution(20, 9, 32, 5);
  const std::unique_ptr<Convolution> convolution = make_winograd_convolution(geometry);
  ConvolutionProblem once(geometry, 7, 4);
  once.run(*convolution, true, true, kNan);
  ConvolutionProblem again(geometry, 7, 4);
  again.run(*convolution, true, true, 1e30F);
  EXPECT_EQ(once.results(), again.results());
  ConvolutionProblem first_layer(geometry, 7, 4);
  first_layer.run(*convolution, true, false, kNan);
  EXPECT_EQ(once.weight_gradient, first_layer.weight_gradient);
  EXPECT_EQ(once.bias_gradient, first_layer.bias_gradient);
  EXPECT_TRUE(std::isnan(first_layer.dx_buffer.front())) << "dx was touched";
}

TEST(WinogradTest, is_taken_for_wide_convolutions_without_stride_only) {
  EXPECT_TRUE(winograd_pays(same_convolution(16, 14, 32, 5)));
  EXPECT_TRUE(winograd_pays(same_convolution(64, 8, 128, 3)));
  EXPECT_FALSE(winograd_pays(same_convolution(1, 28, 16, 5))) << "one input channel";
  EXPECT_FALSE(winograd_pays(same_convolution(12, 28, 16, 5))) << "few input channels";
  EXPECT_FALSE(winograd_pays(same_convolution(16, 28, 12, 5))) << "few output channels";
  EXPECT_TRUE(winograd_applies(same_convolution(12, 28, 16, 5)));
  EXPECT_FALSE(winograd_applies(same_convolution(18, 8, 16, 3))) << "channels not in fours";
  EXPECT_FALSE(winograd_applies(convolution_of(Shape::image(16, 8, 8), 16, 4, {})));
  ConvolutionGeometry strided = same_convolution(16, 8, 16, 3);
  strided.stride = 2;
  EXPECT_FALSE(winograd_applies(strided));
}

}  // namespace
}  // namespace hermes::nn
