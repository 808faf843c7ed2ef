#include "nn/convolution/winograd.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

using testing::random_values;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kUntouched = 777.0F;
constexpr Halo kOddHalo{1, 2, 0, 3};

ConvolutionGeometry geometry_of(const Shape& input, std::size_t filters, std::size_t kernel,
                                const Halo& halo) {
  return {input,
          Shape::image(filters, input.height + halo.top + halo.bottom + 1 - kernel,
                       input.width + halo.left + halo.right + 1 - kernel),
          kernel, 1, halo};
}

ConvolutionGeometry same(std::size_t in, std::size_t side, std::size_t out, std::size_t kernel) {
  const std::size_t p = kernel / 2;
  return geometry_of(Shape::image(in, side, side), out, kernel, {p, p, p, p});
}

std::vector<float> buffer_of(std::size_t batch, const Shape& shape, const Halo& halo,
                             float filling) {
  return std::vector<float>(
      batch * ConstTensorView::with_halo(nullptr, 1, shape, halo).image_stride, filling);
}

template <class F>
void for_each_value(const TensorView& view, const F& f) {
  for (std::size_t n = 0; n < view.batch; ++n) {
    for (std::size_t h = 0; h < view.height; ++h) {
      std::for_each_n(view.row(n, h), view.row_size(), f);
    }
  }
}

/// One convolution with all its tensors. What must not be read is NaN, what must not be written
/// has a sentinel around it.
struct Problem {
  Problem(const ConvolutionGeometry& what, std::size_t images, std::uint64_t seed)
      : geometry(what),
        batch(images),
        weight(random_values(what.weight_count(), seed)),
        bias(random_values(what.output.channels, seed + 1)),
        x_buffer(buffer_of(images, what.input, what.halo, 0.0F)),
        y_buffer(buffer_of(images, what.output, kOddHalo, kUntouched)),
        dy_buffer(buffer_of(images, what.output, kOddHalo, kNan)),
        dx_buffer(buffer_of(images, what.input, what.halo, kNan)),
        weight_gradient(weight.size(), kNan),
        bias_gradient(bias.size(), kNan) {
    fill(x(), random_values(x().batch * x().image_size(), seed + 2));
    fill(dy(), random_values(dy().batch * dy().image_size(), seed + 3));
  }

  static void fill(const TensorView& view, const std::vector<float>& values) {
    auto next = values.begin();
    for_each_value(view, [&](float& value) { value = *next++; });
  }

  TensorView x() {
    return TensorView::with_halo(x_buffer.data(), batch, geometry.input, geometry.halo);
  }
  TensorView y() {
    return TensorView::with_halo(y_buffer.data(), batch, geometry.output, kOddHalo);
  }
  TensorView dy() {
    return TensorView::with_halo(dy_buffer.data(), batch, geometry.output, kOddHalo);
  }
  TensorView dx() {
    return TensorView::with_halo(dx_buffer.data(), batch, geometry.input, geometry.halo);
  }

  /// Forward and backward; with `fused`, of a convolution that ends in a ReLU.
  void run(bool fused, bool wants_dx = true, float garbage = kNan) {
    const std::unique_ptr<Convolution> convolution = make_winograd_convolution(geometry);
    std::vector<float> scratch(convolution->scratch_size(batch), garbage);
    const ConvolutionWeights weights{weight.data(), bias.data()};
    convolution->forward(weights, x(), y(), fused, scratch);
    std::fill(scratch.begin(), scratch.end(), garbage);
    convolution->backward(weights, x(), fused ? ConstTensorView(y()) : ConstTensorView{}, dy(),
                          {weight_gradient.data(), bias_gradient.data()},
                          wants_dx ? dx() : TensorView{}, scratch);
  }

  /// y, dx and the gradients of weights and biases.
  std::vector<std::vector<float>> results() {
    std::vector<std::vector<float>> all(2);
    for_each_value(y(), [&](float value) { all[0].push_back(value); });
    for_each_value(dx(), [&](float value) { all[1].push_back(value); });
    all.push_back(weight_gradient);
    all.push_back(bias_gradient);
    return all;
  }

  ConvolutionGeometry geometry;
  std::size_t batch;
  std::vector<float> weight, bias;
  std::vector<float> x_buffer, y_buffer, dy_buffer, dx_buffer;
  std::vector<float> weight_gradient, bias_gradient;
};

/// The definition of a convolution and of its gradients, in double precision.
struct PlainConvolution {
  explicit PlainConvolution(Problem& problem)
      : y(problem.y().batch * problem.y().image_size(), 0.0),
        dx(problem.batch * problem.geometry.input.size(), 0.0),
        weight_gradient(problem.weight.size(), 0.0),
        bias_gradient(problem.bias.size(), 0.0) {
    const Shape& output = problem.geometry.output;
    std::size_t place = 0;
    for (std::size_t n = 0; n < problem.batch; ++n) {
      for (std::size_t h = 0; h < output.height; ++h) {
        for (std::size_t w = 0; w < output.width; ++w) {
          for (std::size_t o = 0; o < output.channels; ++o) {
            const double dy = problem.dy().row(n, h)[w * output.channels + o];
            y[place] = static_cast<double>(problem.bias[o]);
            bias_gradient[o] += dy;
            one_output(problem, n, h, w, o, dy, y[place]);
            ++place;
          }
        }
      }
    }
  }

  void one_output(Problem& problem, std::size_t n, std::size_t h, std::size_t w, std::size_t o,
                  double dy, double& sum) {
    const ConvolutionGeometry& g = problem.geometry;
    for (std::size_t i = 0; i < g.kernel; ++i) {
      for (std::size_t j = 0; j < g.kernel; ++j) {
        const std::size_t row = h + i - g.halo.top;  // wraps where it is in the halo
        const std::size_t column = w + j - g.halo.left;
        if (row >= g.input.height || column >= g.input.width) {
          continue;
        }
        for (std::size_t c = 0; c < g.input.channels; ++c) {
          const double x = problem.x().row(n, row)[column * g.input.channels + c];
          const std::size_t tap =
              ((i * g.kernel + j) * g.input.channels + c) * g.output.channels + o;
          sum += x * static_cast<double>(problem.weight[tap]);
          weight_gradient[tap] += x * dy;
          dx[((n * g.input.height + row) * g.input.width + column) * g.input.channels + c] +=
              dy * static_cast<double>(problem.weight[tap]);
        }
      }
    }
  }

  std::vector<std::vector<double>> results() const {
    return {y, dx, weight_gradient, bias_gradient};
  }

  std::vector<double> y, dx, weight_gradient, bias_gradient;
};

/// Errors are measured against the largest element of each tensor: the maps amplify rounding.
void expect_close(const std::vector<std::vector<float>>& actual,
                  const std::vector<std::vector<double>>& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t t = 0; t < actual.size(); ++t) {
    ASSERT_EQ(actual[t].size(), expected[t].size());
    double scale = 0.0;
    for (const double value : expected[t]) {
      scale = std::max(scale, std::abs(value));
    }
    for (std::size_t i = 0; i < actual[t].size(); ++i) {
      ASSERT_NEAR(actual[t][i], expected[t][i], tolerance * scale)
          << "tensor " << t << ", element " << i;
    }
  }
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
    Problem problem(geometry_of(input, 4 * draw(1, 6), kernel, halo), draw(1, 9), 10 * round);
    const auto expected = PlainConvolution(problem).results();
    for (const SimdTarget target : supported_simd_targets()) {
      const SimdTargetScope scope(target);
      SCOPED_TRACE(std::string(to_string(target)) + ", round " + std::to_string(round));
      problem.run(false);
      expect_close(problem.results(), expected, 3e-5);
    }
    const auto untouched = std::count(problem.y_buffer.begin(), problem.y_buffer.end(), kUntouched);
    EXPECT_EQ(static_cast<std::size_t>(untouched),
              problem.y_buffer.size() - problem.y().batch * problem.y().image_size())
        << "written outside of the interior";
  }
}

TEST(WinogradTest, many_blocks_and_panels_of_weights_add_up) {
  Problem problem(same(72, 9, 68, 3), 5, 1);
  const auto expected = PlainConvolution(problem).results();
  problem.run(false);
  expect_close(problem.results(), expected, 3e-5);
}

TEST(WinogradTest, small_integers_give_integers_but_for_the_scale_of_the_weights) {
  for (const std::size_t kernel : {std::size_t{3}, std::size_t{5}}) {
    Problem problem(same(8, 10, 12, kernel), 2, 1);
    RandomStream random(3, RandomPurpose::Test);
    const auto draw = [&](float& value) { value = static_cast<float>(random.below(9)) - 4.0F; };
    for_each_value(problem.x(), draw);
    for_each_value(problem.dy(), draw);
    std::for_each(problem.bias.begin(), problem.bias.end(), draw);
    for (float& value : problem.weight) {
      draw(value);
      value *= 576.0F;  // 24 squared: makes G w G^T integers
    }
    const auto expected = PlainConvolution(problem).results();
    problem.run(false);
    expect_close(problem.results(), expected, 1e-5);
  }
}

TEST(WinogradTest, a_fused_relu_equals_one_that_is_not) {
  const ConvolutionGeometry geometry = same(16, 11, 20, 3);
  Problem fused(geometry, 3, 4);
  fused.run(true);
  Problem plain(geometry, 3, 4);
  plain.run(false);
  std::vector<float> after;
  for_each_value(plain.y(), [&](float& value) {
    value = std::max(value, 0.0F);
    after.push_back(value);
  });
  auto next = after.begin();
  for_each_value(plain.dy(), [&](float& value) { value = *next++ > 0.0F ? value : 0.0F; });
  const std::vector<float> y = plain.y_buffer;
  plain.run(false);
  plain.y_buffer = y;
  EXPECT_EQ(fused.results(), plain.results());
}

TEST(WinogradTest, results_do_not_depend_on_garbage_nor_on_whether_dx_is_wanted) {
  const ConvolutionGeometry geometry = same(20, 9, 32, 5);
  Problem once(geometry, 7, 4);
  once.run(true, true, kNan);
  Problem again(geometry, 7, 4);
  again.run(true, true, 1e30F);
  EXPECT_EQ(once.results(), again.results());
  Problem first_layer(geometry, 7, 4);
  first_layer.run(true, false);
  EXPECT_EQ(once.weight_gradient, first_layer.weight_gradient);
  EXPECT_EQ(once.bias_gradient, first_layer.bias_gradient);
  EXPECT_TRUE(std::isnan(first_layer.dx_buffer.front())) << "dx was touched";
}

TEST(WinogradTest, is_taken_for_wide_convolutions_without_stride_only) {
  EXPECT_TRUE(winograd_pays(same(16, 14, 32, 5)));
  EXPECT_TRUE(winograd_pays(same(64, 8, 128, 3)));
  EXPECT_FALSE(winograd_pays(same(1, 28, 16, 5))) << "one input channel";
  EXPECT_FALSE(winograd_pays(same(12, 28, 16, 5))) << "few input channels";
  EXPECT_FALSE(winograd_pays(same(16, 28, 12, 5))) << "few output channels";
  EXPECT_TRUE(winograd_applies(same(12, 28, 16, 5)));
  EXPECT_FALSE(winograd_applies(same(18, 8, 16, 3))) << "channels not in fours";
  EXPECT_FALSE(winograd_applies(geometry_of(Shape::image(16, 8, 8), 16, 4, {})));
  ConvolutionGeometry strided = same(16, 8, 16, 3);
  strided.stride = 2;
  EXPECT_FALSE(winograd_applies(strided));
}

}  // namespace
}  // namespace hermes::nn
