#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/runtime/model_file.hpp"
#include "hermes/runtime/model_store.hpp"
#include "hermes/runtime/onnx_file.hpp"
#include "hermes/runtime/safetensors.hpp"

namespace hermes::cli {
namespace {

struct ExportOptions {
  std::string model;
  std::string format;
  std::string out;
};

void write_weights(const std::string& file, const runtime::StoredModel& model) {
  const std::vector<nn::NamedTensor> tensors =
      nn::export_parameters(nn::Network::parameter_layout(model.spec), model.parameters);
  std::vector<data::TensorView> views;
  views.reserve(tensors.size());
  for (const nn::NamedTensor& tensor : tensors) {
    views.push_back({tensor.name, {tensor.shape.begin(), tensor.shape.end()}, tensor.values});
  }
  runtime::write_safetensors(file, views, {{"model", runtime::to_toml(model.spec)}});
}

int write_model(const ExportOptions& options) {
  const runtime::StoredModel model = runtime::load_model(options.model);
  if (options.format == "onnx") {
    runtime::write_onnx(options.out, model);
  } else if (options.format == "safetensors") {
    write_weights(options.out, model);
  } else {
    runtime::save_model(options.out, model);
  }
  std::cout << options.out << ": " << model.spec.name << ", " << model.parameters.size()
            << " parameters\n";
  return 0;
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand("export", "Write a model for other programs");
  command->add_option("--model", options->model, "Model file, checkpoint or run directory")
      ->required();
  command
      ->add_option("--format", options->format,
                   "onnx: network for other runtimes; safetensors, h5: its tensors by name")
      ->check(CLI::IsMember({"onnx", "safetensors", "h5"}))
      ->required();
  command->add_option("--out", options->out, "File to write")->required();
  command->callback([options, &action] { action = [options] { return write_model(*options); }; });
}

}  // namespace hermes::cli
