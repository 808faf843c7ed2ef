#include "hermes/nn/layers/dropout.hpp"

#include "../spec_check.hpp"
#include "nn/kernels/activations.hpp"
#include "view_ops.hpp"

namespace hermes::nn {
namespace {

class Dropout final : public Layer {
 public:
  Dropout(const Shape& shape, double rate)
      : shape_(shape), rate_(rate), scale_(static_cast<float>(1.0 / (1.0 - rate))) {}

  std::string_view name() const override { return "dropout"; }
  Shape output_shape() const override { return shape_; }
  OutputStorage output_storage() const override { return OutputStorage::InPlace; }
  std::size_t saved_bytes(std::size_t batch) const override { return batch * shape_.size(); }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    if (context.mode == Mode::Inference) {
      copy_values(x, y);
      return;
    }
    for (std::byte& kept : context.saved.first(saved_bytes(x.batch))) {
      kept = std::byte{context.random.uniform() >= rate_};
    }
    apply_mask(context.saved, x, y);
  }

  void backward(const LayerContext& context, ConstTensorView /*x*/, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    apply_mask(context.saved, dy, dx);
  }

 private:
  void apply_mask(std::span<const std::byte> kept, ConstTensorView x, TensorView y) const {
    const std::size_t row_size = y.row_size();
    for (std::size_t n = 0; n < y.batch; ++n) {
      for (std::size_t h = 0; h < y.height; ++h) {
        keep_some(kept.first(row_size), scale_, {x.row(n, h), row_size}, {y.row(n, h), row_size});
        kept = kept.subspan(row_size);
      }
    }
  }

  Shape shape_;
  double rate_;
  float scale_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const DropoutSpec& spec, const Shape& input) {
  require_in_half_open("rate", spec.rate, 0.0, 1.0);
  return std::make_unique<Dropout>(input, spec.rate);
}

}  // namespace hermes::nn
