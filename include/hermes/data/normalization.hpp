#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hermes/core/buffer.hpp"
#include "hermes/data/dataset.hpp"

namespace hermes::data {

/// Stored numbers to network inputs: x' = (x - mean) * scale of each position in a row with
/// channels last. Holds mean and scale only as far as they do not repeat, in a table that stays in
/// the first-level cache beside the row. The same bits on every instruction set.
class Normalization {
 public:
  explicit Normalization(const DatasetInfo& info);

  /// Normalises a row; both spans have its size.
  void apply(std::span<const std::uint8_t> in, std::span<float> out) const;
  void apply(std::span<const float> in, std::span<float> out) const;

  /// Memory that it holds.
  std::size_t bytes() const { return (mean_.capacity() + scale_.capacity()) * sizeof(float); }
  /// What `bytes()` would be.
  static std::size_t bytes_of(const DatasetInfo& info);

 private:
  AlignedVector<float> mean_;
  AlignedVector<float> scale_;
};

}  // namespace hermes::data
