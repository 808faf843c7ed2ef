#include "hermes/nn/network.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "hermes/nn/loss.hpp"
#include "hermes/nn/optimizer_spec.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

using testing::random_labels;
using testing::random_values;

std::vector<float> copy_of(std::span<const float> values) {
  return {values.begin(), values.end()};
}

Network initialized(const NetworkSpec& spec, std::size_t batch_max, std::uint64_t seed = 1) {
  Network network(spec, batch_max);
  RandomStream random(seed, RandomPurpose::Initialization);
  network.initialize(random);
  return network;
}

NetworkSpec small_cnn() {
  return {"small",
          Shape::image(2, 6, 6),
          {},
          {Conv2dSpec{4, 3, 1, Conv2dPadding::same()}, ReluSpec{},
           Conv2dSpec{4, 3, 1, Conv2dPadding::same()}, ReluSpec{}, DropoutSpec{0.25},
           MaxPool2dSpec{2, std::nullopt}, FlattenSpec{}, DenseSpec{3}}};
}

TEST(NetworkTest, buffers_are_aligned_and_of_one_size) {
  Network network(testing::mlp(), 4);
  EXPECT_EQ(network.parameters().size(), network.parameter_count());
  EXPECT_EQ(network.gradients().size(), network.parameter_count());
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(network.parameters().data()) % 64, 0U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(network.gradients().data()) % 64, 0U);
}

TEST(NetworkTest, a_sample_does_not_depend_on_its_batch) {
  Network network = initialized(small_cnn(), 7);
  const std::size_t in = network.input_size();
  const std::vector<float> x = random_values(7 * in, 2);
  const std::vector<float> together = copy_of(network.forward(x, 7, Mode::Inference));
  for (std::size_t n = 0; n < 7; ++n) {
    const std::span<const float> sample = std::span<const float>(x).subspan(n * in, in);
    const std::span<const float> alone = network.forward(sample, 1, Mode::Inference);
    for (std::size_t i = 0; i < alone.size(); ++i) {
      EXPECT_NEAR(alone[i], together[n * alone.size() + i], 1e-5);
    }
  }
}

TEST(NetworkTest, larger_batches_in_between_leave_the_halos_zero) {
  Network network = initialized(small_cnn(), 9);
  Network fresh = initialized(small_cnn(), 2);
  const std::vector<float> x = random_values(9 * network.input_size(), 2);
  network.forward(x, 9, Mode::Training);
  network.backward(random_values(9 * network.output_size(), 3));
  const std::span<const float> two = std::span<const float>(x).first(2 * network.input_size());
  EXPECT_EQ(copy_of(network.forward(two, 2, Mode::Inference)),
            copy_of(fresh.forward(two, 2, Mode::Inference)));
}

TEST(NetworkTest, gradients_are_overwritten_and_not_added_up) {
  Network network = initialized(testing::mlp(), 4);
  const std::vector<float> x = random_values(4 * network.input_size(), 2);
  const std::vector<float> gradient = random_values(4 * network.output_size(), 3);
  network.forward(x, 4, Mode::Training);
  network.backward(gradient);
  const std::vector<float> once = copy_of(network.gradients());
  network.forward(x, 4, Mode::Training);
  network.backward(gradient);
  EXPECT_EQ(copy_of(network.gradients()), once);
}

TEST(NetworkTest, the_same_seed_gives_the_same_model_and_another_seed_another) {
  const Network a = initialized(testing::cnn(), 1, 5);
  const Network b = initialized(testing::cnn(), 1, 5);
  const Network c = initialized(testing::cnn(), 1, 6);
  EXPECT_EQ(copy_of(a.parameters()), copy_of(b.parameters()));
  EXPECT_NE(copy_of(a.parameters()), copy_of(c.parameters()));
}

TEST(NetworkTest, parameters_copied_in_take_effect_at_once) {
  Network source = initialized(small_cnn(), 2, 5);
  Network target = initialized(small_cnn(), 2, 6);
  const std::vector<float> x = random_values(2 * source.input_size(), 2);
  target.forward(x, 2, Mode::Training);
  target.set_parameters(source.parameters());
  EXPECT_EQ(copy_of(target.forward(x, 2, Mode::Inference)),
            copy_of(source.forward(x, 2, Mode::Inference)));
}

TEST(NetworkTest, training_resumes_exactly_from_parameters_and_the_dropout_stream) {
  const std::size_t in = small_cnn().input.size();
  const std::vector<float> x = random_values(4 * in, 2);
  const std::vector<std::int32_t> labels = random_labels(4, 3, 3);
  std::vector<float> gradient(4 * 3);
  const auto train = [&](Network& network, int steps) {
    const std::unique_ptr<Optimizer> optimizer =
        make_optimizer(SgdSpec{}, network.parameter_count());
    for (int step = 0; step < steps; ++step) {
      evaluate(CrossEntropy{}, network.forward(x, 4, Mode::Training), labels, gradient);
      network.backward(gradient);
      optimizer->step(network.parameters(), network.gradients(), 0.1);
    }
  };
  Network uninterrupted = initialized(small_cnn(), 4);
  uninterrupted.set_dropout_stream(RandomStream(9, RandomPurpose::Dropout));
  train(uninterrupted, 5);
  const std::vector<float> saved_parameters = copy_of(uninterrupted.parameters());
  const RandomStream::State saved_stream = uninterrupted.dropout_stream().state();
  train(uninterrupted, 5);

  Network resumed(small_cnn(), 4);
  resumed.set_parameters(saved_parameters);
  resumed.set_dropout_stream(RandomStream(saved_stream));
  train(resumed, 5);
  EXPECT_EQ(copy_of(resumed.parameters()), copy_of(uninterrupted.parameters()));
}

TEST(NetworkTest, learns_a_separable_problem) {
  // Two classes: the left or the right half of the image is bright.
  constexpr std::size_t kBatch = 32;
  Network network = initialized(small_cnn(), kBatch);
  std::vector<float> x = random_values(kBatch * network.input_size(), 2);
  std::vector<std::int32_t> labels = random_labels(kBatch, 2, 3);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t column = i / 2 % 6;
    x[i] += (column < 3) == (labels[i / network.input_size()] == 0) ? 1.5F : 0.0F;
  }
  std::vector<float> gradient(kBatch * 3);
  const std::unique_ptr<Optimizer> optimizer =
      make_optimizer(SgdSpec{0.9}, network.parameter_count());
  for (int step = 0; step < 60; ++step) {
    evaluate(CrossEntropy{}, network.forward(x, kBatch, Mode::Training), labels, gradient);
    network.backward(gradient);
    optimizer->step(network.parameters(), network.gradients(), 0.05);
  }
  const LossResult result =
      evaluate(CrossEntropy{}, network.forward(x, kBatch, Mode::Inference), labels, {});
  EXPECT_EQ(result.correct, kBatch);
  EXPECT_LT(result.mean_loss, 0.1);
}

TEST(NetworkTest, reserve_makes_room_and_keeps_the_parameters) {
  Network network = initialized(small_cnn(), 2);
  const std::vector<float> before = copy_of(network.parameters());
  network.reserve(8);
  EXPECT_EQ(network.batch_max(), 8U);
  EXPECT_EQ(copy_of(network.parameters()), before);
  const std::vector<float> x = random_values(8 * network.input_size(), 2);
  EXPECT_EQ(network.forward(x, 8, Mode::Inference).size(), 8U * 3);
  network.reserve(4);
  EXPECT_EQ(network.batch_max(), 8U);
}

TEST(NetworkTest, memory_grows_with_the_batch_and_counts_parameters_once_each) {
  const NetworkMemory one = Network::memory_bytes(testing::cnn(), 1);
  const NetworkMemory many = Network::memory_bytes(testing::cnn(), 64);
  EXPECT_EQ(one.parameters, 114314U * 4);
  EXPECT_EQ(one.gradients, 114314U * 4);
  EXPECT_GT(many.activations, 50 * one.activations);
  EXPECT_EQ(many.total(), many.parameters + many.gradients + many.activations + many.workspace);
}

TEST(NetworkDeathTest, calls_out_of_order_or_size_are_bugs) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // the matrix library has threads
  Network network = initialized(small_cnn(), 2);
  const std::vector<float> x(3 * network.input_size());
  EXPECT_DEATH(network.forward(x, 3, Mode::Training), "batch out of range");
  EXPECT_DEATH(network.forward(x, 2, Mode::Training), "another size");
  EXPECT_DEATH(network.backward(x), "training mode");
  network.forward(std::span<const float>(x).first(network.input_size()), 1, Mode::Inference);
  EXPECT_DEATH(network.backward(std::vector<float>(3)), "training mode");
  EXPECT_DEATH(network.set_parameters(x), "wrong size");
}

}  // namespace
}  // namespace hermes::nn
