#include "hermes/runtime/model_store.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/core/version.hpp"
#include "hermes/data/tensor_file.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/nn/parameter_tensor.hpp"
#include "hermes/runtime/model_file.hpp"

namespace hermes::runtime {
namespace {

/// The architecture and the tensors that it has.
std::pair<nn::NetworkSpec, std::vector<nn::ParameterTensor>> architecture(
    const data::TensorFile& content, const std::filesystem::path& file,
    std::span<const nn::CustomLayerSpec> custom) {
  try {
    nn::NetworkSpec spec =
        parse_model(content.attribute<std::string>("model", file, "a model"), file, custom);
    std::vector<nn::ParameterTensor> layout = nn::Network::parameter_layout(spec);
    return {std::move(spec), std::move(layout)};
  } catch (const ConfigError& error) {  // it is the file that is wrong, not a configuration
    throw DataError(error.what());
  }
}

}  // namespace

void save_model(const std::filesystem::path& file, const StoredModel& model) {
  save_model(file, model, {}, {});
}

void save_model(const std::filesystem::path& file, const StoredModel& model,
                const data::Attributes& more, std::span<const data::ByteBlockView> blocks) {
  const nn::Network network(model.spec, 1);
  const std::vector<nn::NamedTensor> tensors =
      nn::export_parameters(network.named_parameters(), model.parameters);
  std::vector<data::TensorView> views;
  views.reserve(tensors.size());
  for (const nn::NamedTensor& tensor : tensors) {
    views.push_back({tensor.name, {tensor.shape.begin(), tensor.shape.end()}, tensor.values});
  }
  data::Attributes attributes{
      {"hermes_version", std::string(kProgramVersion)},
      {"model", to_toml(model.spec)},
      {"loss", std::string(model.loss == LossKind::CrossEntropy ? "cross_entropy" : "mse")},
      {"run", model.run},
      {"strategy", model.strategy},
      {"version", static_cast<std::int64_t>(model.version)},
      {"validation_loss", model.validation_loss},
      {"validation_accuracy", model.validation_accuracy}};
  attributes.insert(more.begin(), more.end());
  data::write_tensor_file(file, views, attributes, blocks);
}

StoredModel load_model(const std::filesystem::path& file,
                       std::span<const nn::CustomLayerSpec> custom) {
  const std::filesystem::path model =
      std::filesystem::is_directory(file) ? file / "model.h5" : file;
  return stored_model(data::read_tensor_file(model), model, custom);
}

StoredModel stored_model(data::TensorFile content, const std::filesystem::path& file,
                         std::span<const nn::CustomLayerSpec> custom) {
  StoredModel model;
  std::vector<nn::ParameterTensor> layout;
  std::tie(model.spec, layout) = architecture(content, file, custom);
  const auto loss = content.attribute<std::string>("loss", file, "a model");
  if (loss != "cross_entropy" && loss != "mse") {
    throw DataError(file.string() + ": attribute 'loss': expected cross_entropy or mse, found " +
                    loss);
  }
  model.loss = loss == "mse" ? LossKind::MeanSquaredError : LossKind::CrossEntropy;
  model.run = content.attribute<std::string>("run", file, "a model");
  model.strategy = content.attribute<std::string>("strategy", file, "a model");
  model.version =
      static_cast<std::uint64_t>(content.attribute<std::int64_t>("version", file, "a model"));
  model.validation_loss = content.attribute<double>("validation_loss", file, "a model");
  model.validation_accuracy = content.attribute<double>("validation_accuracy", file, "a model");

  std::vector<nn::NamedTensor> tensors;
  std::size_t stored = 0;
  for (data::Tensor& tensor : content.tensors) {
    stored += tensor.values.size();
    tensors.push_back(
        {tensor.name, {tensor.dims.begin(), tensor.dims.end()}, std::move(tensor.values)});
  }
  std::size_t claimed = 0;
  for (const nn::ParameterTensor& tensor : layout) {
    claimed += tensor.size();
  }
  // A model may claim anything. Where the file holds less, the import says which tensor is missing.
  model.parameters.resize(std::min(claimed, stored));
  try {
    nn::import_parameters(layout, tensors, model.parameters);
  } catch (const DataError& error) {
    throw DataError(file.string() + ": " + error.what());
  }
  return model;
}

}  // namespace hermes::runtime
