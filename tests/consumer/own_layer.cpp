// A layer that Hermes does not have, with parameters of its own: y = scale * x, feature by feature.
// own_layer [DATA.h5 [RUN_DIRECTORY [ROUNDS]]]: with a number of rounds, a run that is there goes
// on.
#include <hermes/hermes.hpp>
#include <iostream>

namespace {

using namespace hermes::nn;

class Scale final : public Layer {
 public:
  explicit Scale(const Shape& shape) : shape_(shape) {}

  std::string_view name() const override { return "scale"; }
  Shape output_shape() const override { return shape_; }

  std::vector<ParameterTensor> parameters() const override {
    const std::size_t count = shape_.size();
    return {{.name = "weight",
             .shape = {count},
             .extents = {count, 1, 1, 1},
             .strides = {1, 0, 0, 0},
             .offset = 0,
             .fan_in = 1,
             .fan_out = 1}};
  }

  void forward(const LayerContext& context, ConstTensorView x, TensorView y) const override {
    for (std::size_t n = 0; n < x.batch; ++n) {
      for (std::size_t i = 0; i < shape_.size(); ++i) {
        y.row(n, 0)[i] = context.parameters[i] * x.row(n, 0)[i];
      }
    }
  }

  void backward(const LayerContext& context, ConstTensorView x, ConstTensorView /*y*/,
                ConstTensorView dy, TensorView dx) const override {
    for (std::size_t i = 0; i < shape_.size(); ++i) {
      float gradient = context.accumulates ? context.gradients[i] : 0.0F;
      for (std::size_t n = 0; n < x.batch; ++n) {
        gradient += dy.row(n, 0)[i] * x.row(n, 0)[i];
        if (!dx.empty()) {
          dx.row(n, 0)[i] = context.parameters[i] * dy.row(n, 0)[i];
        }
      }
      context.gradients[i] = gradient;
    }
  }

 private:
  Shape shape_;
};

CustomLayerSpec scale() {
  return {.type = "scale",
          .settings = "",
          .make = [](const std::string& /*settings*/, const Shape& input) {
            if (!input.flat) {
              throw hermes::ConfigError("input: expected plain features, found an image");
            }
            return std::make_unique<Scale>(input);
          }};
}

}  // namespace

int main(int argc, char** argv) {
  return hermes::run(argc, argv, [&](hermes::Session& session) {
    const hermes::Dataset dataset(argc > 1 ? argv[1] : "data.h5");
    hermes::Network network({.name = "scaled",
                             .input = Shape::features(dataset.info().features.size()),
                             .layers = {scale(), DenseSpec{16}, ReluSpec{}, DenseSpec{2}}},
                            1);
    hermes::TrainOptions options;
    options.config.name = "own-layer";
    options.config.data.validation = 100;
    options.config.stop.server.max_rounds = argc > 3 ? std::stoul(argv[3]) : 20;
    options.config.stop.server.patience = 0;
    options.config.checkpoint.every = hermes::seconds(0.001);
    options.resume = argc > 3;
    options.out = argc > 2 ? argv[2] : "runs/own-layer";
    const int code = hermes::train(session, network, dataset, options);
    if (code == 0 &&
        session.is_server()) {  // its network holds the best model now, as the file does
      const CustomLayerSpec custom[] = {scale()};
      const auto stored = hermes::runtime::load_model(*options.out / "model.h5", custom);
      const bool is_same =
          std::ranges::equal(stored.parameters, std::as_const(network).parameters());
      std::cout << "model.h5 " << (is_same ? "holds" : "does not hold") << " the network's "
                << network.named_parameters()[0].name << '\n';
      return is_same ? 0 : 3;
    }
    return code;
  });
}
