// The shortest program that trains a network of its own: mpirun -np 3 shortest DATA.h5
#include <hermes/hermes.hpp>

int main(int argc, char** argv) {
  return hermes::run(argc, argv, [&](hermes::Session& session) {
    using namespace hermes::nn;
    const hermes::Dataset dataset(argc > 1 ? argv[1] : "data.h5");
    hermes::Network network({.name = "two-layers",
                             .input = Shape::features(dataset.info().features.size()),
                             .layers = {DenseSpec{16}, ReluSpec{}, DenseSpec{2}}},
                            1);
    hermes::TrainOptions options;
    options.config.name = "shortest";
    options.config.data.validation = 100;
    options.config.stop.server.max_rounds = 20;
    return hermes::train(session, network, dataset, options);
  });
}
