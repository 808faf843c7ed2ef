#pragma once

#include <filesystem>
#include <string>

#include "hermes/runtime/model_store.hpp"

namespace hermes::runtime {

/// The bytes of an ONNX model (operator set 13) that computes what nn::Network computes: float32
/// `input`, N x C x H x W or N x features, normalised as in training (the data set's mean and
/// scale), to `output`: of a model trained with cross_entropy the logits, without a softmax. One
/// node for each layer, tensors under their names and in their shapes in model files.
/// Throws ConfigError for a layer that ONNX has nothing for, and a model of 2 GiB and more.
std::string onnx_bytes(const StoredModel& model);

/// Writes them: whole or absent. Throws DataError where nothing can be written.
void write_onnx(const std::filesystem::path& file, const StoredModel& model);

}  // namespace hermes::runtime
