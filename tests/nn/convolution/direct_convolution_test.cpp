#include "nn/convolution/direct_convolution.hpp"

#include <gtest/gtest.h>

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
using testing::same_convolution;

constexpr double kTolerance = 5e-6;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

void expect_agreement_on_every_path(const ConvolutionGeometry& geometry, std::size_t batch,
                                    std::uint64_t seed) {
  ConvolutionProblem problem(geometry, batch, seed);
  const auto expected = problem.expected_results();
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    SCOPED_TRACE(std::string(to_string(target)) + ", seed " + std::to_string(seed));
    problem.run(DirectConvolution(geometry), false);
    expect_close(problem.results(), expected, kTolerance);
    problem.expect_halo_untouched();
  }
}

TEST(DirectConvolutionTest, agrees_with_plain_loops_on_random_shapes_and_every_path) {
  RandomStream random(11, RandomPurpose::Test);
  const auto draw = [&](std::size_t low, std::size_t high) {
    return low + random.below(high - low + 1);
  };
  for (std::uint64_t round = 0; round < 40; ++round) {
    const Halo halo{draw(0, 3), draw(0, 3), draw(0, 3), draw(0, 3)};
    const Shape input = Shape::image(draw(1, 20), draw(6, 13), draw(6, 13));
    expect_agreement_on_every_path(convolution_of(input, draw(1, 36), draw(1, 6), halo, draw(1, 4)),
                                   draw(1, 5), 10 * round);
  }
}

TEST(DirectConvolutionTest, agrees_where_windows_leave_gaps_or_leave_out_the_last_inputs) {
  expect_agreement_on_every_path(convolution_of(Shape::image(3, 7, 7), 5, 1, {}, 3), 2, 1);
  expect_agreement_on_every_path(convolution_of(Shape::image(3, 9, 8), 5, 2, {}, 4), 2, 2);
  expect_agreement_on_every_path(convolution_of(Shape::image(2, 5, 5), 4, 5, {}, 1), 2, 3);
  expect_agreement_on_every_path(convolution_of(Shape::image(2, 1, 1), 4, 3, {1, 1, 1, 1}, 2), 2,
                                 4);
}

TEST(DirectConvolutionTest, many_blocks_of_images_add_up) {
  // An image of 64 channels with its halo fills a fifth of a block.
  expect_agreement_on_every_path(same_convolution(4, 12, 64, 3), 13, 1);
}

TEST(DirectConvolutionTest, a_fused_relu_equals_one_that_is_not) {
  const ConvolutionGeometry geometry = same_convolution(6, 11, 20, 3);
  const DirectConvolution convolution(geometry);
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    ConvolutionProblem fused(geometry, 3, 4);
    fused.run(convolution, true);
    ConvolutionProblem plain(geometry, 3, 4);
    plain.run_with_relu_behind(convolution);
    EXPECT_EQ(fused.results(), plain.results()) << to_string(target);
  }
}

TEST(DirectConvolutionTest, results_do_not_depend_on_garbage_nor_on_whether_dx_is_wanted) {
  const ConvolutionGeometry geometry = same_convolution(5, 9, 32, 5);
  const DirectConvolution convolution(geometry);
  for (const bool fused : {false, true}) {
    ConvolutionProblem once(geometry, 7, 4);
    once.run(convolution, fused, true, kNan);
    ConvolutionProblem again(geometry, 7, 4);
    again.run(convolution, fused, true, 1e30F);
    EXPECT_EQ(once.results(), again.results());
    ConvolutionProblem first_layer(geometry, 7, 4);
    first_layer.run(convolution, fused, false, kNan);
    expect_close({first_layer.weight_gradient, first_layer.bias_gradient},
                 {{once.weight_gradient.begin(), once.weight_gradient.end()},
                  {once.bias_gradient.begin(), once.bias_gradient.end()}},
                 kTolerance);
    EXPECT_TRUE(std::isnan(first_layer.dx_buffer.front())) << "dx was touched";
  }
}

}  // namespace
}  // namespace hermes::nn
