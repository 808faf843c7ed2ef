#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace hermes::data {

/// What a model says of the rows of a split, in their order.
struct Predictions {
  std::size_t columns = 0;               ///< values of a row, at least 1
  std::span<const float> values;         ///< rows x columns
  bool are_probabilities = false;        ///< of classes; else plain outputs
  std::vector<std::string> class_names;  ///< may be empty
};

/// Writes a table for its reader: whole or absent. The ending of the name chooses.
///
/// `.csv`: a header; `row`, `class` (the largest probability's) and a column for each class,
/// or `row` and a column for each output. Numbers read back as the same floats.
/// `.h5`, `.hdf5`: /class (int32) and /probabilities (float32, rows x classes), or /outputs; root
/// attribute `class_names`.
/// Throws DataError: another ending, or a place where nothing can be written.
void write_predictions(const std::filesystem::path& file, const Predictions& predictions);
/// Throws as that does for the ending, before any work is done.
void check_prediction_file(const std::filesystem::path& file);

}  // namespace hermes::data
