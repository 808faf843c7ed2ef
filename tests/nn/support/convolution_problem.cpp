#include "nn/support/convolution_problem.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "nn/support/models.hpp"

namespace hermes::nn::testing {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kUntouched = 777.0F;
constexpr Halo kOddHalo{1, 2, 0, 3};

std::vector<float> buffer_of(std::size_t batch, const Shape& shape, const Halo& halo,
                             float filling) {
  return std::vector<float>(
      batch * ConstTensorView::with_halo(nullptr, 1, shape, halo).image_stride, filling);
}

void fill(const TensorView& view, const std::vector<float>& values) {
  auto next = values.begin();
  for_each_value(view, [&](float& value) { value = *next++; });
}

/// The definition in double precision.
struct PlainConvolution {
  explicit PlainConvolution(ConvolutionProblem& problem)
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

  void one_output(ConvolutionProblem& problem, std::size_t n, std::size_t h, std::size_t w,
                  std::size_t o, double dy, double& sum) {
    const ConvolutionGeometry& g = problem.geometry;
    for (std::size_t i = 0; i < g.kernel; ++i) {
      for (std::size_t j = 0; j < g.kernel; ++j) {
        const std::size_t row = h * g.stride + i - g.halo.top;  // wraps where it is in the halo
        const std::size_t column = w * g.stride + j - g.halo.left;
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

  std::vector<double> y, dx, weight_gradient, bias_gradient;
};

}  // namespace

ConvolutionGeometry convolution_of(const Shape& input, std::size_t filters, std::size_t kernel,
                                   const Halo& halo, std::size_t stride) {
  return {input,
          Shape::image(filters, (input.height + halo.top + halo.bottom - kernel) / stride + 1,
                       (input.width + halo.left + halo.right - kernel) / stride + 1),
          kernel, stride, halo};
}

ConvolutionGeometry same_convolution(std::size_t in, std::size_t side, std::size_t out,
                                     std::size_t kernel) {
  const std::size_t p = kernel / 2;
  return convolution_of(Shape::image(in, side, side), out, kernel, {p, p, p, p});
}

ConvolutionProblem::ConvolutionProblem(const ConvolutionGeometry& what, std::size_t images,
                                       std::uint64_t seed)
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

TensorView ConvolutionProblem::x() {
  return TensorView::with_halo(x_buffer.data(), batch, geometry.input, geometry.halo);
}
TensorView ConvolutionProblem::y() {
  return TensorView::with_halo(y_buffer.data(), batch, geometry.output, kOddHalo);
}
TensorView ConvolutionProblem::dy() {
  return TensorView::with_halo(dy_buffer.data(), batch, geometry.output, kOddHalo);
}
TensorView ConvolutionProblem::dx() {
  return TensorView::with_halo(dx_buffer.data(), batch, geometry.input, geometry.halo);
}

void ConvolutionProblem::run(const Convolution& convolution, bool fused, bool wants_dx,
                             float garbage) {
  std::vector<float> scratch(convolution.scratch_size(batch), garbage);
  const ConvolutionWeights weights{weight.data(), bias.data()};
  convolution.forward(weights, x(), y(), fused, scratch);
  std::fill(scratch.begin(), scratch.end(), garbage);
  convolution.backward(weights, x(), fused ? ConstTensorView(y()) : ConstTensorView{}, dy(),
                       {weight_gradient.data(), bias_gradient.data()},
                       wants_dx ? dx() : TensorView{}, scratch);
}

void ConvolutionProblem::run(const Convolution& convolution, bool fused) {
  run(convolution, fused, true, kNan);
}

void ConvolutionProblem::run_with_relu_behind(const Convolution& convolution) {
  run(convolution, false);
  std::vector<float> after;
  for_each_value(y(), [&](float& value) {
    value = std::max(value, 0.0F);
    after.push_back(value);
  });
  auto next = after.begin();
  for_each_value(dy(), [&](float& value) { value = *next++ > 0.0F ? value : 0.0F; });
  const std::vector<float> y_with_relu = y_buffer;
  run(convolution, false);
  y_buffer = y_with_relu;
}

std::vector<std::vector<float>> ConvolutionProblem::results() {
  std::vector<std::vector<float>> all(2);
  for_each_value(y(), [&](float value) { all[0].push_back(value); });
  for_each_value(dx(), [&](float value) { all[1].push_back(value); });
  all.push_back(weight_gradient);
  all.push_back(bias_gradient);
  return all;
}

std::vector<std::vector<double>> ConvolutionProblem::expected_results() {
  const PlainConvolution plain(*this);
  return {plain.y, plain.dx, plain.weight_gradient, plain.bias_gradient};
}

void ConvolutionProblem::expect_halo_untouched() {
  const auto untouched = std::count(y_buffer.begin(), y_buffer.end(), kUntouched);
  EXPECT_EQ(static_cast<std::size_t>(untouched), y_buffer.size() - y().batch * y().image_size())
      << "written outside of the interior";
}

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

}  // namespace hermes::nn::testing
