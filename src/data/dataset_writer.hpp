#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "hermes/data/convert.hpp"
#include "hermes/data/dataset.hpp"

namespace hermes::data {

/// Rows in memory: features in the element type, row after row, and labels or numbers.
struct Rows {
  std::vector<std::byte> features;
  std::vector<std::int32_t> labels;
  std::vector<float> values;  ///< rows x DatasetContent::target_columns
};

/// What a converter has read: everything but the order of the training rows and what follows from
/// it.
struct DatasetContent {
  FeatureShape shape;
  ElementType element_type = ElementType::Uint8;
  std::size_t target_columns = 0;  ///< 0: labels
  Rows train;
  Rows test;

  std::size_t row_bytes() const {
    return shape.size() * (element_type == ElementType::Uint8 ? 1 : sizeof(float));
  }
  std::size_t row_count(const Rows& rows) const {
    return target_columns == 0 ? rows.labels.size() : rows.values.size() / target_columns;
  }
};

/// Chooses and shuffles the training rows, computes mean and scale, writes the file (whole or
/// absent) and opens it again. Private to the converters; `ConvertOptions` says more.
DatasetInfo write_dataset(const DatasetContent& content, const ConvertOptions& options);

/// Rows per chunk: about 128 KiB, at least 16 rows.
std::uint64_t rows_per_chunk(std::uint64_t rows, std::size_t row_bytes);

}  // namespace hermes::data
