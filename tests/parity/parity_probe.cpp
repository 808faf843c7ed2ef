// Trains a model a few steps on one random mini-batch and writes all there is to compare:
//   parity_probe MODEL.toml OUT.h5 STEPS [KEY=VALUE ...]      (keys of [train] in a run file)
// weights0/..., gradients0/..., weights1/..., ... in PyTorch's names and layouts; inputs as
// N x C x H x W; the labels; outputs and loss of the first step, and what inference says after it.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/data/tensor_file.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/nn/optimizer_spec.hpp"
#include "hermes/runtime/model_file.hpp"
#include "hermes/runtime/run_config.hpp"

namespace hermes {
namespace {

constexpr std::uint64_t kSeed = 4;
constexpr std::size_t kBatch = 4;

runtime::TrainSettings train_settings(const std::vector<std::string>& overrides) {
  constexpr const char* kMinimal =
      "[model]\nfile = \"m\"\n[data]\nfile = \"d\"\n[stop]\nmax_rounds = 1\n";
  return runtime::parse_run_config(kMinimal, "probe", overrides).train;
}

/// Collects tensors until they are written.
class Record {
 public:
  void add(const std::string& name, std::vector<std::uint64_t> dims, std::vector<float> values) {
    tensors_.push_back({name, std::move(dims), std::move(values)});
  }

  void add_buffer(const std::string& group, const nn::Network& network,
                  std::span<const float> buffer) {
    for (nn::NamedTensor& tensor : nn::export_parameters(network.named_parameters(), buffer)) {
      std::string name = group;
      name += '/';
      name += tensor.name;
      add(name, {tensor.shape.begin(), tensor.shape.end()}, std::move(tensor.values));
    }
  }

  void write(const char* file, double loss) const {
    std::vector<data::TensorView> views;
    for (const data::Tensor& tensor : tensors_) {
      views.push_back({tensor.name, tensor.dims, tensor.values});
    }
    data::write_tensor_file(file, views, {{"loss", loss}});
  }

 private:
  std::vector<data::Tensor> tensors_;
};

std::vector<float> channels_first(const std::vector<float>& x, const nn::Shape& shape) {
  const std::size_t pixels = shape.height * shape.width;
  std::vector<float> out(x.size());
  for (std::size_t image = 0; image < kBatch; ++image) {
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      for (std::size_t channel = 0; channel < shape.channels; ++channel) {
        out[(image * shape.channels + channel) * pixels + pixel] =
            x[(image * pixels + pixel) * shape.channels + channel];
      }
    }
  }
  return out;
}

void probe(const char* model_file, const char* output_file, std::uint64_t steps,
           const std::vector<std::string>& overrides) {
  const runtime::TrainSettings settings = train_settings(overrides);
  nn::Network network(runtime::load_model_file(model_file), kBatch);
  const nn::Shape& shape = network.spec().input;
  RandomStream initialization(kSeed, RandomPurpose::Initialization);
  network.initialize(initialization);
  RandomStream random(kSeed, RandomPurpose::Test);
  for (const nn::ParameterTensor& tensor : network.named_parameters()) {
    if (tensor.fan_in == 0) {  // biases start at zero, scales at one; other values test more
      for (std::size_t i = 0; i < tensor.size(); ++i) {
        network.parameters()[tensor.offset + i] += static_cast<float>(0.1 * random.normal());
      }
    }
  }
  std::vector<float> x(kBatch * network.input_size());
  for (float& value : x) {
    value = static_cast<float>(random.normal());
  }
  std::vector<std::int32_t> labels(kBatch);
  for (std::int32_t& label : labels) {
    label = static_cast<std::int32_t>(random.below(network.output_size()));
  }
  Record record;
  record.add("inputs", {kBatch, shape.channels, shape.height, shape.width},
             channels_first(x, shape));
  record.add("labels", {kBatch}, {labels.begin(), labels.end()});
  record.add_buffer("weights0", network, network.parameters());

  const auto optimizer = nn::make_optimizer(settings.optimizer.spec(), network.trained_count());
  std::vector<float> gradient(kBatch * network.output_size());
  double first_loss = 0.0;
  for (std::uint64_t step = 0; step < steps; ++step) {
    const std::span<const float> outputs = network.forward(x, kBatch, nn::Mode::Training);
    const nn::LossResult loss = nn::evaluate(settings.loss_spec(), outputs, labels, gradient);
    if (step == 0) {
      record.add("outputs", {kBatch, network.output_size()}, {outputs.begin(), outputs.end()});
      first_loss = loss.mean_loss;
    }
    network.backward(gradient);
    record.add_buffer("gradients" + std::to_string(step), network, network.gradients());
    if (step == 0) {
      const std::span<const float> said = network.forward(x, kBatch, nn::Mode::Inference);
      record.add("evaluated", {kBatch, network.output_size()}, {said.begin(), said.end()});
    }
    const std::size_t trained = network.trained_count();
    optimizer->step(network.parameters().first(trained), network.gradients().first(trained),
                    settings.learning_rate().at(optimizer->step_count()));
    record.add_buffer("weights" + std::to_string(step + 1), network, network.parameters());
  }
  record.write(output_file, first_loss);
}

}  // namespace
}  // namespace hermes

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: parity_probe MODEL.toml OUT.h5 STEPS [KEY=VALUE ...]\n");
    return 2;
  }
  try {
    hermes::probe(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10), {argv + 4, argv + argc});
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
