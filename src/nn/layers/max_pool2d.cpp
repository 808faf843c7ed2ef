#include "hermes/nn/layers/max_pool2d.hpp"

#include "nn/kernels/max_pool.hpp"
#include "pool2d_geometry.hpp"

namespace hermes::nn {
namespace {

class MaxPool2d final : public Layer {
 public:
  explicit MaxPool2d(const Pool2dGeometry& geometry) : geometry_(geometry) {}

  std::string_view name() const override { return "max_pool2d"; }
  Shape output_shape() const override { return geometry_.output; }
  bool fuse_relu_of_input() override { return has_relu_ = true; }
  std::size_t saved_bytes(std::size_t batch) const override {
    return batch * geometry_.output.size() * max_pool_winner_bytes(geometry_);
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    max_pool_forward(geometry_, has_relu_, x, y, context.saved);
  }

  void backward(const LayerContext& context, ConstTensorView /*x*/, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    max_pool_backward(geometry_, context.saved, dy, dx);
  }

 private:
  Pool2dGeometry geometry_;
  bool has_relu_ = false;  // of the input
};

}  // namespace

std::unique_ptr<Layer> make_layer(const MaxPool2dSpec& spec, const Shape& input) {
  return std::make_unique<MaxPool2d>(make_pool2d_geometry(spec.size, spec.stride, input));
}

}  // namespace hermes::nn
