#include <gtest/gtest.h>

#include <vector>

#include "hermes/nn/loss.hpp"
#include "hermes/nn/network.hpp"
#include "nn/support/gradient_check.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

constexpr std::size_t kBatch = 3;

void expect_network_gradients_match(const NetworkSpec& spec, const LossSpec& loss,
                                    double tolerance) {
  Network network(spec, kBatch + 2);
  RandomStream random(4, RandomPurpose::Initialization);
  network.initialize(random);
  // Biases away from zero, so that they matter.
  for (const ParameterTensor& tensor : network.named_parameters()) {
    if (tensor.fan_in == 0) {
      initialize_tensor(
          {Initializer::Kind::Uniform, 0.3},
          [&] {
            ParameterTensor as_weight = tensor;
            as_weight.fan_in = 1;
            return as_weight;
          }(),
          network.parameters(), random);
    }
  }
  const RandomStream masks = network.dropout_stream();
  const std::vector<float> x = testing::random_values(kBatch * network.input_size(), 5);
  const std::vector<std::int32_t> labels = testing::random_labels(kBatch, network.output_size(), 6);
  std::vector<float> output_gradient(kBatch * network.output_size());

  const auto f = [&] {
    network.set_dropout_stream(masks);
    return evaluate(loss, network.forward(x, kBatch, Mode::Training), labels, {}).mean_loss;
  };
  // Garbage from another batch must not show.
  const std::vector<float> other_x = testing::random_values((kBatch + 2) * network.input_size(), 7);
  network.forward(other_x, kBatch + 2, Mode::Training);
  network.backward(std::vector<float>((kBatch + 2) * network.output_size(), 100.0F));
  network.set_dropout_stream(masks);
  evaluate(loss, network.forward(x, kBatch, Mode::Training), labels, output_gradient);
  network.backward(output_gradient);
  const std::vector<float> gradients(network.gradients().begin(), network.gradients().end());
  testing::expect_gradients_match(spec.name, network.parameters(), gradients, f,
                                  {0.005F, tolerance});
}

TEST(NetworkGradientTest, smooth_networks_match_central_differences) {
  const Conv2dSpec same{4, 3, 1, Conv2dPadding::same()};
  const Conv2dSpec strided{3, 3, 2, Conv2dPadding::valid()};
  const AvgPool2dSpec pool{2, std::nullopt};
  const std::vector<NetworkSpec> specs{
      {"dense", Shape::features(6), {}, {DenseSpec{5}, TanhSpec{}, DenseSpec{4}}},
      {"activation first", Shape::features(6), {}, {SigmoidSpec{}, DenseSpec{4}, TanhSpec{}}},
      {"convolutions behind each other",
       Shape::image(2, 6, 5),
       {},
       {same, TanhSpec{}, same, SigmoidSpec{}, strided, FlattenSpec{}, DenseSpec{3}}},
      {"pool, then convolution",
       Shape::image(3, 8, 6),
       {},
       {pool, same, pool, TanhSpec{}, same, FlattenSpec{}, TanhSpec{}, DenseSpec{3}}},
      {"two in place, and dropout",
       Shape::image(1, 6, 6),
       {},
       {same, DropoutSpec{0.3}, TanhSpec{}, SigmoidSpec{}, DropoutSpec{0.2}, same, FlattenSpec{},
        DropoutSpec{0.5}, DenseSpec{3}, SigmoidSpec{}}},
      {"ends with an image", Shape::image(2, 4, 4), {}, {same, TanhSpec{}, strided}},
  };
  for (const NetworkSpec& spec : specs) {
    expect_network_gradients_match(spec, CrossEntropy{}, 5e-4);
    expect_network_gradients_match(spec, MeanSquaredError{}, 5e-4);
  }
}

TEST(NetworkGradientTest, relu_and_max_pool_match_where_no_kink_is_crossed) {
  // Leaky and with few values: a crossed kink would cost little, and these seeds cross none.
  const NetworkSpec spec{
      "kinks",
      Shape::image(1, 6, 6),
      {},
      {Conv2dSpec{3, 3, 1, Conv2dPadding::same()}, LeakyReluSpec{0.5},
       MaxPool2dSpec{2, std::nullopt}, FlattenSpec{}, DenseSpec{6}, ReluSpec{}, DenseSpec{3}}};
  expect_network_gradients_match(spec, CrossEntropy{}, 2e-2);
}

}  // namespace
}  // namespace hermes::nn
