#include "hermes/nn/layers/dropout.hpp"

#include "../spec_check.hpp"
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
    copy_values(x, y);
    if (context.mode == Mode::Inference) {
      return;
    }
    for (std::byte& kept : context.saved.first(saved_bytes(x.batch))) {
      kept = std::byte{context.random.uniform() >= rate_};
    }
    apply_mask(context.saved, y);
  }

  void backward(const LayerContext& context, ConstTensorView /*x*/, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    copy_values(dy, dx);
    apply_mask(context.saved, dx);
  }

 private:
  void apply_mask(std::span<const std::byte> mask, TensorView values) const {
    const std::byte* kept = mask.data();
    for (std::size_t n = 0; n < values.batch; ++n) {
      for (std::size_t h = 0; h < values.height; ++h) {
        float* row = values.row(n, h);
        for (std::size_t i = 0; i < values.row_size(); ++i) {
          row[i] = kept[i] == std::byte{1} ? scale_ * row[i] : 0.0F;
        }
        kept += values.row_size();
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
