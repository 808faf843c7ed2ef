// Training steps of a model file on one thread, for bench/peers/compare:
//
//   step_bench MODEL.toml BATCH [WARM_UP_S [SECONDS]]
//
// Forward, cross entropy, backward and plain SGD, again and again on the same random mini-batch.
// Prints samples/s, and what direct convolution would have computed in that time, as JSON. The rule
// of measurement is that of bench/peers/models.py.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/core/random.hpp"
#include "hermes/nn/blas.hpp"
#include "hermes/nn/loss.hpp"
#include "hermes/nn/mini_batch.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/nn/optimizer_spec.hpp"
#include "hermes/runtime/model_file.hpp"

namespace {

using namespace hermes;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr Seconds kWindow{0.05};
constexpr double kLearningRate = 0.01;

/// One network and one mini-batch of noise.
class Training {
 public:
  Training(nn::NetworkSpec spec, std::size_t batch)
      : batch_(batch),
        network_(std::move(spec), 1),
        optimizer_(nn::make_optimizer(nn::SgdSpec{}, network_.trained_count())),
        samples_(batch * network_.input_size()),
        labels_(batch),
        output_gradient_(batch * network_.output_size()) {
    network_.reserve(nn::samples_at_a_time(network_, batch));
    RandomStream random(1, RandomPurpose::Test);
    network_.initialize(random);
    for (float& value : samples_) {
      value = static_cast<float>(random.normal());
    }
    for (std::int32_t& label : labels_) {
      label = static_cast<std::int32_t>(random.below(network_.output_size()));
    }
  }

  void step() {
    nn::compute_gradient(network_, nn::CrossEntropy{}, samples_, labels_, output_gradient_);
    const std::size_t trained = network_.trained_count();
    optimizer_->step(network_.parameters().first(trained), network_.gradients().first(trained),
                     kLearningRate);
  }

  std::size_t batch() const { return batch_; }
  std::uint64_t flops_per_sample() const {
    const nn::Flops flops = network_.flops();
    return flops.forward + flops.backward;
  }

 private:
  std::size_t batch_;
  nn::Network network_;
  std::unique_ptr<nn::Optimizer> optimizer_;
  std::vector<float> samples_;
  std::vector<std::int32_t> labels_;
  std::vector<float> output_gradient_;
};

/// A warm-up, then the median rate of short windows.
double steps_per_second(Training& training, Seconds warm_up, Seconds duration) {
  for (const auto end = Clock::now() + warm_up; Clock::now() < end;) {
    training.step();
  }
  std::vector<double> rates;
  const auto end = Clock::now() + duration;
  while (rates.empty() || Clock::now() < end) {
    const auto begin = Clock::now();
    Seconds spent{0.0};
    int steps = 0;
    for (; spent < kWindow; ++steps) {
      training.step();
      spent = Clock::now() - begin;
    }
    rates.push_back(steps / spent.count());
  }
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::ranges::nth_element(rates, middle);
  return *middle;
}

int run(std::span<char*> arguments) {
  if (arguments.size() < 3 || arguments.size() > 5 || std::atoi(arguments[2]) < 1) {
    throw ConfigError("expected MODEL.toml BATCH [WARM_UP_S [SECONDS]]");
  }
  const auto seconds_at = [arguments](std::size_t index, double otherwise) {
    return Seconds(index < arguments.size() ? std::atof(arguments[index]) : otherwise);
  };
  nn::set_blas_threads(1);
  Training training(runtime::load_model_file(arguments[1]),
                    static_cast<std::size_t>(std::atoi(arguments[2])));
  const double samples_per_second =
      static_cast<double>(training.batch()) *
      steps_per_second(training, seconds_at(3, 0.3), seconds_at(4, 1.0));
  std::printf("{\"samples_per_second\": %.1f, \"gflop_per_second\": %.3f}\n", samples_per_second,
              1e-9 * samples_per_second * static_cast<double>(training.flops_per_sample()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv, static_cast<std::size_t>(argc)});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "step_bench: %s\n", error.what());
    return 2;
  }
}
