#include "nn/support/layer_harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace hermes::nn::testing {
namespace {

constexpr float kSentinel = 777.0F;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Features have no halo; images get one that no layer asked for.
Halo odd_halo(const Shape& shape) {
  return shape.flat ? Halo{} : Halo{1, 2, 0, 3};
}

std::vector<float> make_buffer(std::size_t batch, const Shape& shape, const Halo& halo,
                               float filling) {
  const TensorView view = TensorView::with_halo(nullptr, 1, shape, halo);
  return std::vector<float>(batch * view.image_stride, filling);
}

void store(const std::vector<float>& values, TensorView view) {
  ASSERT_EQ(values.size(), view.batch * view.image_size());
  auto source = values.begin();
  for (std::size_t n = 0; n < view.batch; ++n) {
    for (std::size_t h = 0; h < view.height; ++h) {
      std::copy_n(source, view.row_size(), view.row(n, h));
      source += static_cast<std::ptrdiff_t>(view.row_size());
    }
  }
}

std::vector<float> load(ConstTensorView view) {
  std::vector<float> values;
  for (std::size_t n = 0; n < view.batch; ++n) {
    for (std::size_t h = 0; h < view.height; ++h) {
      values.insert(values.end(), view.row(n, h), view.row(n, h) + view.row_size());
    }
  }
  return values;
}

}  // namespace

LayerHarness::LayerHarness(const LayerSpec& spec, const Shape& input, std::size_t batch)
    : input_(input), batch_(batch), layer_(make_layer(spec, input)) {
  std::size_t count = 0;
  for (const ParameterTensor& tensor : layer_->parameters()) {
    EXPECT_EQ(tensor.offset, count) << "tensors of a layer lie one after the other";
    count += tensor.size();
  }
  parameters.resize(count);
  for (const ParameterTensor& tensor : layer_->statistics()) {
    EXPECT_EQ(tensor.offset, statistics.size()) << "statistics of a layer lie one after the other";
    statistics.insert(statistics.end(), tensor.size(), tensor.start);
  }
  gradients.assign(count, kNan);
  scratch_.assign(layer_->scratch_size(batch), kNan);
  saved_.resize(layer_->saved_bytes(batch));
}

LayerContext LayerHarness::context(Mode mode) {
  return {mode, parameters, gradients, scratch_, saved_, random, accumulates, statistics};
}

std::vector<float> LayerHarness::forward(const std::vector<float>& x, Mode mode) {
  const Shape output = layer_->output_shape();
  x_ = make_buffer(batch_, input_, layer_->input_padding(), 0.0F);
  y_ = make_buffer(batch_, output, odd_halo(output), kSentinel);
  const TensorView in = TensorView::with_halo(x_.data(), batch_, input_, layer_->input_padding());
  const TensorView out = TensorView::with_halo(y_.data(), batch_, output, odd_halo(output));
  store(x, in);
  const std::vector<float> before = x_;
  layer_->forward(context(mode), in, out);
  // Bit by bit, because samples may hold NaN.
  EXPECT_EQ(std::memcmp(x_.data(), before.data(), x_.size() * sizeof(float)), 0)
      << "the input was changed";
  const auto left_alone = std::count(y_.begin(), y_.end(), kSentinel);
  EXPECT_EQ(static_cast<std::size_t>(left_alone), y_.size() - output_size())
      << "written outside of the interior";
  return load(out);
}

std::vector<float> LayerHarness::backward(const std::vector<float>& dy) {
  const Shape output = layer_->output_shape();
  std::vector<float> dy_buffer = make_buffer(batch_, output, odd_halo(output), kNan);
  std::vector<float> dx_buffer = make_buffer(batch_, input_, layer_->input_padding(), kNan);
  const TensorView gradient =
      TensorView::with_halo(dy_buffer.data(), batch_, output, odd_halo(output));
  store(dy, gradient);
  const bool in_place = layer_->output_storage() == OutputStorage::InPlace;
  const TensorView dx =
      in_place ? gradient
               : TensorView::with_halo(dx_buffer.data(), batch_, input_, layer_->input_padding());
  layer_->backward(context(Mode::Training),
                   ConstTensorView::with_halo(x_.data(), batch_, input_, layer_->input_padding()),
                   ConstTensorView::with_halo(y_.data(), batch_, output, odd_halo(output)),
                   gradient, dx);
  return load(dx);
}

}  // namespace hermes::nn::testing
