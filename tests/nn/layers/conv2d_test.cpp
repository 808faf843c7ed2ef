#include "hermes/nn/layers/conv2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "nn/support/gradient_check.hpp"
#include "nn/support/layer_harness.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

using testing::expect_gradients_match;
using testing::LayerHarness;
using testing::random_values;

TEST(Conv2dTest, gradients_match_central_differences) {
  const Conv2dPadding same = Conv2dPadding::same();
  const Conv2dPadding valid = Conv2dPadding::valid();
  expect_gradients_match(Conv2dSpec{4, 3, 1, same}, Shape::image(3, 5, 4), 2);
  expect_gradients_match(Conv2dSpec{3, 5, 1, same}, Shape::image(1, 6, 7), 1);
  expect_gradients_match(Conv2dSpec{2, 3, 1, valid}, Shape::image(5, 4, 6), 3);
  expect_gradients_match(Conv2dSpec{3, 3, 2, valid}, Shape::image(2, 8, 5), 2);
  expect_gradients_match(Conv2dSpec{3, 3, 2, same}, Shape::image(3, 6, 5), 1);
  expect_gradients_match(Conv2dSpec{2, 2, 1, same}, Shape::image(3, 3, 4), 2);
  expect_gradients_match(Conv2dSpec{2, 3, 2, Conv2dPadding::number(2)}, Shape::image(1, 4, 3), 2);
  expect_gradients_match(Conv2dSpec{7, 1, 1, valid}, Shape::image(5, 3, 2), 1);
}

/// Tensors as PyTorch has them, and the definition of a convolution and of its two gradients.
struct SlowConvolution {
  std::size_t batch, channels, height, width;    // input, NCHW
  std::size_t filters, kernel, stride;           // weights, OIHW
  std::size_t top, left, out_height, out_width;  // output, NCHW
  std::vector<float> x, weight, bias, dy;
  std::vector<double> y, dx, dweight;

  void run() {
    y.assign(batch * filters * out_height * out_width, 0.0);
    dx.assign(x.size(), 0.0);
    dweight.assign(weight.size(), 0.0);
    for (std::size_t n = 0; n < batch; ++n) {
      for (std::size_t o = 0; o < filters; ++o) {
        for (std::size_t h = 0; h < out_height; ++h) {
          for (std::size_t w = 0; w < out_width; ++w) {
            one_output(n, o, h, w);
          }
        }
      }
    }
  }

  void one_output(std::size_t n, std::size_t o, std::size_t h, std::size_t w) {
    const std::size_t out = ((n * filters + o) * out_height + h) * out_width + w;
    y[out] += static_cast<double>(bias[o]);
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t i = 0; i < kernel; ++i) {
        for (std::size_t j = 0; j < kernel; ++j) {
          const std::size_t row = h * stride + i;  // in the padded image
          const std::size_t column = w * stride + j;
          if (row < top || row >= top + height || column < left || column >= left + width) {
            continue;
          }
          const std::size_t in = ((n * channels + c) * height + row - top) * width + column - left;
          const std::size_t tap = ((o * channels + c) * kernel + i) * kernel + j;
          y[out] += static_cast<double>(x[in]) * static_cast<double>(weight[tap]);
          dx[in] += static_cast<double>(dy[out]) * static_cast<double>(weight[tap]);
          dweight[tap] += static_cast<double>(dy[out]) * static_cast<double>(x[in]);
        }
      }
    }
  }
};

std::vector<float> to_nchw(const std::vector<float>& nhwc, std::size_t batch, const Shape& shape) {
  std::vector<float> nchw(nhwc.size());
  const std::size_t pixels = shape.height * shape.width;
  for (std::size_t n = 0; n < batch; ++n) {
    for (std::size_t p = 0; p < pixels; ++p) {
      for (std::size_t c = 0; c < shape.channels; ++c) {
        nchw[(n * shape.channels + c) * pixels + p] = nhwc[(n * pixels + p) * shape.channels + c];
      }
    }
  }
  return nchw;
}

void expect_close(const std::vector<float>& actual, const std::vector<double>& expected,
                  const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double tolerance = 2e-5 * std::max(5.0, std::abs(expected[i]));
    ASSERT_NEAR(actual[i], expected[i], tolerance) << what << ", element " << i;
  }
}

void compare_with_slow_convolution(const Conv2dSpec& spec, const Shape& input, std::size_t batch,
                                   std::uint64_t seed) {
  LayerHarness harness(spec, input, batch);
  const Shape output = harness.layer().output_shape();
  const Halo halo = harness.layer().input_padding();
  harness.parameters = random_values(harness.parameters.size(), seed);
  const std::vector<float> x = random_values(harness.input_size(), seed + 1);
  const std::vector<float> dy = random_values(harness.output_size(), seed + 2);
  const std::vector<ParameterTensor> tensors = harness.layer().parameters();

  SlowConvolution slow{batch,
                       input.channels,
                       input.height,
                       input.width,
                       spec.filters,
                       spec.kernel,
                       spec.stride,
                       halo.top,
                       halo.left,
                       output.height,
                       output.width,
                       to_nchw(x, batch, input),
                       {},
                       {},
                       to_nchw(dy, batch, output),
                       {},
                       {},
                       {}};
  slow.weight.resize(tensors[0].size());
  slow.bias.resize(spec.filters);
  export_tensor(tensors[0], harness.parameters, slow.weight);
  export_tensor(tensors[1], harness.parameters, slow.bias);
  slow.run();

  expect_close(to_nchw(harness.forward(x), batch, output), slow.y, "y");
  expect_close(to_nchw(harness.backward(dy), batch, input), slow.dx, "dx");
  std::vector<float> dweight(tensors[0].size());
  export_tensor(tensors[0], harness.gradients, dweight);
  expect_close(dweight, slow.dweight, "dweight");
}

TEST(Conv2dTest, agrees_with_a_slow_convolution_in_pytorch_layout_on_random_shapes) {
  RandomStream random(5, RandomPurpose::Test);
  const auto draw = [&](std::size_t low, std::size_t high) {
    return low + random.below(high - low + 1);
  };
  for (std::uint64_t round = 0; round < 60; ++round) {
    const Conv2dPadding paddings[] = {Conv2dPadding::same(), Conv2dPadding::valid(),
                                      Conv2dPadding::number(draw(0, 3))};
    const Conv2dSpec spec{draw(1, 9), draw(1, 5), draw(1, 3), paddings[draw(0, 2)]};
    const Shape input = Shape::image(draw(1, 7), draw(5, 11), draw(5, 11));
    SCOPED_TRACE("round " + std::to_string(round));
    compare_with_slow_convolution(spec, input, draw(1, 4), 100 * round);
  }
}

TEST(Conv2dTest, agrees_with_a_slow_convolution_across_blocks_of_images) {
  compare_with_slow_convolution({4, 5, 1, Conv2dPadding::same()}, Shape::image(8, 14, 14), 9, 1);
}

TEST(Conv2dTest, output_shapes_follow_stride_and_padding) {
  struct Case {
    Conv2dSpec spec;
    Shape input;
    Shape output;
    Halo halo;
  };
  const Case cases[] = {
      {{8, 5, 1, Conv2dPadding::same()},
       Shape::image(1, 28, 28),
       Shape::image(8, 28, 28),
       {2, 2, 2, 2}},
      {{8, 5, 1, Conv2dPadding::valid()}, Shape::image(1, 28, 20), Shape::image(8, 24, 16), {}},
      {{8, 3, 2, Conv2dPadding::same()},
       Shape::image(1, 7, 8),
       Shape::image(8, 4, 4),
       {1, 1, 0, 1}},
      {{8, 2, 1, Conv2dPadding::same()},
       Shape::image(1, 4, 4),
       Shape::image(8, 4, 4),
       {0, 1, 0, 1}},
      {{8, 3, 2, Conv2dPadding::number(1)},
       Shape::image(1, 8, 8),
       Shape::image(8, 4, 4),
       {1, 1, 1, 1}},
      {{8, 1, 3, Conv2dPadding::same()}, Shape::image(1, 7, 9), Shape::image(8, 3, 3), {}},
  };
  for (const Case& c : cases) {
    const std::unique_ptr<Layer> layer = make_layer(c.spec, c.input);
    EXPECT_EQ(layer->output_shape(), c.output) << to_string(layer->output_shape());
    EXPECT_EQ(layer->input_padding(), c.halo) << to_string(c.output);
  }
}

}  // namespace
}  // namespace hermes::nn
