#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "hermes/core/buffer.hpp"
#include "hermes/data/tensor_file.hpp"
#include "hermes/nn/network_spec.hpp"
#include "hermes/runtime/run_config.hpp"

namespace hermes::runtime {

/// A trained model as a file holds it: everything that is needed to use it.
struct StoredModel {
  nn::NetworkSpec spec;
  LossKind loss = LossKind::CrossEntropy;
  AlignedVector<float> parameters;  ///< in the layout of nn::Network
  std::string run;                  ///< name of the run that made it
  std::string strategy;
  std::uint64_t version = 0;
  double validation_loss = 0.0;
  double validation_accuracy = 0.0;
};

/// Writes HDF5: one float32 dataset per tensor in PyTorch's names and layouts ("conv1.weight",
/// out x in x height x width), the architecture and the rest as root attributes. Whole or absent.
/// Throws DataError.
void save_model(const std::filesystem::path& file, const StoredModel& model);

/// The same with more in the file (a checkpoint).
void save_model(const std::filesystem::path& file, const StoredModel& model,
                const data::Attributes& attributes, std::span<const data::ByteBlockView> blocks);

/// Reads it back, also from a checkpoint, or the best model of a run directory. Throws DataError
/// for a file that is none, or is damaged. `custom`: see parse_model.
StoredModel load_model(const std::filesystem::path& file,
                       std::span<const nn::CustomLayerSpec> custom = {});
/// From the content of a file.
StoredModel stored_model(data::TensorFile content, const std::filesystem::path& file,
                         std::span<const nn::CustomLayerSpec> custom = {});

}  // namespace hermes::runtime
