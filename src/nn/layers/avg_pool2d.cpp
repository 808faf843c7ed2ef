#include "hermes/nn/layers/avg_pool2d.hpp"

#include "nn/kernels/avg_pool.hpp"
#include "pool2d_geometry.hpp"

namespace hermes::nn {
namespace {

class AvgPool2d final : public Layer {
 public:
  explicit AvgPool2d(const Pool2dGeometry& geometry) : geometry_(geometry) {}

  std::string_view name() const override { return "avg_pool2d"; }
  Shape output_shape() const override { return geometry_.output; }

  void forward(const LayerContext& /*context*/, ConstTensorView x, TensorView y) const override {
    avg_pool_forward(geometry_, x, y);
  }

  void backward(const LayerContext& /*context*/, ConstTensorView /*x*/, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    avg_pool_backward(geometry_, dy, dx);
  }

 private:
  Pool2dGeometry geometry_;
};

}  // namespace

std::unique_ptr<Layer> make_layer(const AvgPool2dSpec& spec, const Shape& input) {
  return std::make_unique<AvgPool2d>(make_pool2d_geometry(spec.size, spec.stride, input));
}

}  // namespace hermes::nn
