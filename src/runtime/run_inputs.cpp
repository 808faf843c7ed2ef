#include "hermes/runtime/run_inputs.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/hash.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/runtime/initial_weights.hpp"
#include "hermes/runtime/memory_needs.hpp"
#include "hermes/runtime/model_file.hpp"
#include "hermes/runtime/run_traits.hpp"
#include "runtime/config/toml_text.hpp"
#include "runtime/row_slices.hpp"

namespace hermes::runtime {
namespace {

nn::Shape shape_of(const data::FeatureShape& features) {
  return features.flat ? nn::Shape::features(features.size())
                       : nn::Shape::image(features.channels, features.height, features.width);
}

std::uint64_t data_hash(const data::DatasetInfo& info) {
  Fnv1a hash;
  hash.add(info.features.channels);
  hash.add(info.features.height);
  hash.add(info.features.width);
  for (const std::uint64_t rows : info.rows) {
    hash.add(rows);
  }
  hash.add(std::uint64_t{info.target_columns}).add(info.content_hash);
  return hash.value();
}

/// What only makes sense where rows have labels.
void check_label_settings(const RunConfig& config, const data::DatasetInfo& info) {
  const std::string reason = ", as y of " + info.path.string() + " holds numbers";
  if (!info.has_labels() && config.data.partition == protocol::PartitionKind::ByLabel) {
    throw ConfigError("key 'data.partition': expected 'shared' or 'disjoint'" + reason +
                      ", found 'by_label'");
  }
  if (!info.has_labels() && config.stop.server.target_accuracy > 0.0) {
    throw ConfigError("key 'stop.target_accuracy': expected 0" + reason + ", found " +
                      short_text(config.stop.server.target_accuracy));
  }
}

/// Only pictures have sides, and of each a part must stay.
void check_augmentation(const data::Augmentation& augment, const data::DatasetInfo& info) {
  const data::FeatureShape& shape = info.features;
  const auto refuse = [&](const std::string& key, const std::string& expected) {
    throw ConfigError("key 'train.augment." + key + "': expected " + expected + ", as " +
                      info.path.string() + " has " + nn::to_string(shape_of(shape)));
  };
  if (augment.flip && shape.flat) {
    refuse("flip", "false");
  }
  if (augment.crop_padding > 0 && shape.flat) {
    refuse("crop_padding", "0");
  }
  if (augment.crop_padding >= std::min(shape.height, shape.width) && augment.crop_padding > 0) {
    refuse("crop_padding", "less than " + std::to_string(std::min(shape.height, shape.width)));
  }
}

/// Mini-batches that would teach batch normalisation nothing. (The last one of a pass may still be
/// that small.)
void check_minibatch(const RunConfig& config, const nn::Network& network) {
  const auto check = [&](const std::string& key, std::uint32_t rows) {
    if (rows < network.minibatch_min()) {
      throw ConfigError(key + ": expected at least " + std::to_string(network.minibatch_min()) +
                        ", as model '" + network.spec().name +
                        "' normalises over the rows of a mini-batch, found " +
                        std::to_string(rows));
    }
  };
  check("train.minibatch", config.train.minibatch);
  if (config.allocation.type == AllocationKind::Adaptive) {
    check("allocation.minibatch_min", config.allocation.minibatch_min);
  }
}

/// Running statistics of unlike sizes may share a block of eight bits, and a small variance would
/// become zero.
void settle_payload(RunConfig& config, const nn::Network& network) {
  if (network.statistics_count() > 0 && config.wire.payload == PayloadFormat::Auto &&
      config.payload_up() == wire::PayloadEncoding::Int8) {
    config.wire.payload = PayloadFormat::Fp16;
  }
}

void check_payloads(const RunConfig& config, const nn::Network& network) {
  const auto check = [&](const std::string& key, wire::PayloadEncoding encoding) {
    if (network.statistics_count() > 0 && encoding == wire::PayloadEncoding::Int8) {
      throw ConfigError("key '" + key + "': expected 'fp32', 'fp16' or 'bf16', as model '" +
                        network.spec().name + "' has running statistics, found 'int8'");
    }
  };
  check("wire.payload", config.payload_up());
  check("wire.down", config.payload_down());
}

}  // namespace

void check_shapes(const nn::NetworkSpec& model, const data::DatasetInfo& data) {
  const nn::Shape found = shape_of(data.features);
  if (model.input != found) {
    throw ConfigError("model '" + model.name + "' does not fit the data: the model takes " +
                      nn::to_string(model.input) + ", " + data.path.string() + " has " +
                      nn::to_string(found));
  }
}

void check_targets(const nn::NetworkSpec& model, std::size_t outputs, LossKind loss,
                   const data::DatasetInfo& data) {
  if (data.has_labels()) {
    return;
  }
  if (loss != LossKind::MeanSquaredError) {
    throw ConfigError("loss: expected mse, as y of " + data.path.string() +
                      " holds numbers, found cross_entropy");
  }
  if (outputs != data.target_columns) {
    throw ConfigError("model '" + model.name + "' does not fit the data: the model has " +
                      std::to_string(outputs) + " outputs, a row of y of " + data.path.string() +
                      " has " + std::to_string(data.target_columns) +
                      (data.target_columns == 1 ? " number" : " numbers"));
  }
}

RunInputs::RunInputs(RunConfig config, OwnParts own)
    : config_(std::move(config)),
      own_strategy_(std::move(own.strategy)),
      model_(own.model ? *std::move(own.model) : load_model_file(config_.model_file)) {
  dataset_.emplace(config_.data.file);
  const std::uint64_t own_seed = config_.data.validation_seed;
  info_ = dataset_->info();
  info_.content_hash = dataset_->content_hash();
  plan_.emplace(*dataset_, config_.data.validation_of(info_.row_count(data::Split::Train)),
                own_seed > 0 ? own_seed : config_.seed);
  make_model();
}

RunInputs::RunInputs(RunConfig config, data::DatasetInfo info)
    : config_(std::move(config)),
      model_(load_model_file(config_.model_file)),
      info_(std::move(info)) {
  make_model();
}

void RunInputs::make_model() {
  check_shapes(model_, info_);
  check_augmentation(config_.train.augment, info_);
  nn::Network network(model_, 1);
  check_minibatch(config_, network);
  settle_payload(config_, network);
  check_payloads(config_, network);
  output_count_ = static_cast<std::uint32_t>(network.output_size());
  check_targets(model_, output_count_, config_.train.loss, info_);
  check_label_settings(config_, info_);
  statistics_count_ = network.statistics_count();
  RandomStream random(config_.seed, RandomPurpose::Initialization);
  network.initialize(random);
  if (config_.initial_weights) {
    load_initial_weights(*config_.initial_weights, network);
  }
  initial_ = ParameterPool(network.parameter_count()).copy_of(network.parameters());
  memory_ = worker_needs(*this).model;
}

std::size_t payload_bytes_max(const RunConfig& config) {
  const nn::NetworkSpec model = load_model_file(config.model_file);
  const nn::Network network(model, 1);
  const std::size_t parameters = network.parameter_count() * sizeof(float);
  if (config.data.delivery == Delivery::File) {
    return parameters;
  }
  data::DatasetInfo widest;  // rows of float, means and scales of plain features
  widest.features = {network.input_size(), 1, 1, true};
  widest.element_type = data::ElementType::Float32;
  widest.target_columns = network.output_size();  // or a label, which is no wider
  return std::max({parameters, 2 * network.input_size() * sizeof(float), kSliceBytesMax,
                   slice_bytes(widest, 1)});
}

const data::Dataset& RunInputs::dataset() const {
  HERMES_ASSERT(dataset_.has_value(), "run inputs: this rank does not open the data set");
  return *dataset_;
}

const data::RowPlan& RunInputs::plan() const {
  HERMES_ASSERT(plan_.has_value(), "run inputs: this rank does not open the data set");
  return *plan_;
}

data::Shard RunInputs::make_shard() const {
  return dataset_ ? data::Shard(*dataset_, output_count_) : data::Shard(info_, output_count_);
}

protocol::PartitionConfig RunInputs::partition(std::uint32_t workers) const {
  return {.kind = config_.data.partition,
          .seed = config_.seed,
          .train_rows = plan().training_count(),
          .workers = workers,
          .labels_per_worker = config_.data.labels_per_worker};
}

void RunInputs::check_workers(std::uint32_t workers) const {
  const std::uint64_t needed = partition(workers).rows_needed();
  if (plan().training_count() < needed) {
    throw ConfigError(info_.path.string() + ": expected at least " + std::to_string(needed) +
                      " training rows for the private pools of " + std::to_string(workers) +
                      " workers (data.partition), found " +
                      std::to_string(plan().training_count()));
  }
}

protocol::Strategy RunInputs::strategy(Rank rank) const {
  const protocol::StrategyContext context{.allocation = config_.allocation_spec(),
                                          .memory = memory_,
                                          .seed = config_.seed,
                                          .rank = rank,
                                          .lossy_payload = config_.has_lossy_payload()};
  return own_strategy_ ? own_strategy_->make(context)
                       : protocol::make_strategy(config_.strategy_spec(), context);
}

std::string RunInputs::strategy_name() const {
  return own_strategy_ ? own_strategy_->name
                       : std::string(protocol::strategy_name(config_.strategy_spec()));
}

std::vector<protocol::RunTrait> RunInputs::traits() const {
  std::vector<protocol::RunTrait> traits = run_traits(config_, model_);
  traits.push_back({"data set", data_hash(info_)});
  Fnv1a initial;
  if (config_.initial_weights) {  // else they follow from model and seed
    initial.add(std::as_bytes(initial_.values()));
  }
  traits.push_back({"initial weights", initial.value()});
  traits.push_back({"strategy", Fnv1a().add(own_strategy_ ? own_strategy_->name : "").value()});
  return traits;
}

data::RowSelection RunInputs::evaluation_rows() const {
  // Evenly spaced over the validation rows, so that a file in order of labels is sampled fairly.
  const data::RowSelection all = plan().validation();
  const std::uint64_t total = all.row_count();
  const std::uint64_t count = std::min(config_.data.evaluation_rows, total);
  data::RowSelection chosen{all.split, {}};
  std::uint64_t taken = 0;
  std::uint64_t before = 0;
  for (const data::RowRange& range : all.ranges) {
    while (taken < count && taken * total / count < before + range.count) {
      chosen.ranges.push_back({range.first + taken * total / count - before, 1});
      ++taken;
    }
    before += range.count;
  }
  chosen.ranges = data::joined(std::move(chosen.ranges));
  return chosen;
}

}  // namespace hermes::runtime
