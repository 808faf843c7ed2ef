#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "hermes/data/tensor_file.hpp"

namespace hermes::runtime {

/// Writes tensors in the safetensors format (a length, a header in JSON, the values): float32, in
/// the order given, the first value at a multiple of 8 bytes. `metadata` is text for whoever asks.
/// Whole or absent. Throws DataError where nothing can be written.
void write_safetensors(const std::filesystem::path& file, std::span<const data::TensorView> tensors,
                       const std::map<std::string, std::string>& metadata);

/// Reads the tensors of such a file, in the order of their names. Types F32, and F64, F16 and BF16,
/// which become float32. Throws DataError for a file that is none: sizes, types, gaps and overlaps
/// are checked before any memory is taken for values.
std::vector<data::Tensor> read_safetensors(const std::filesystem::path& file);

}  // namespace hermes::runtime
