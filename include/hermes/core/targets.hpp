#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

namespace hermes {

/// What rows are known to be, the y to their x: a label each, from 0 (classification), or numbers,
/// rows x columns (regression).
using Targets = std::variant<std::span<const std::int32_t>, std::span<const float>>;
/// A place for them.
using TargetSpan = std::variant<std::span<std::int32_t>, std::span<float>>;

/// `count` of them from row `first` on. Requires: they are those of `row_count` rows.
Targets rows_of(const Targets& targets, std::size_t row_count, std::size_t first,
                std::size_t count);
TargetSpan rows_of(const TargetSpan& targets, std::size_t row_count, std::size_t first,
                   std::size_t count);

/// The targets of some rows in memory.
class TargetBuffer {
 public:
  /// `columns`: numbers of a row; 0: labels.
  explicit TargetBuffer(std::size_t columns) : columns_(columns) {}

  /// Where there is not room enough, what is there is lost: the old and the new rows are never held
  /// at the same time.
  void resize(std::size_t row_count);
  std::size_t row_count() const { return row_count_; }
  /// Requires: first + count <= row_count().
  TargetSpan rows(std::size_t first, std::size_t count);
  Targets rows(std::size_t first, std::size_t count) const;

  /// Copies these rows in, from row `first` on.
  void put(std::size_t first, std::size_t count, const Targets& targets);
  /// Copies the rows of these indices to `out`, one after another.
  void gather(std::span<const std::uint32_t> indices, const TargetSpan& out) const;

  /// Memory that it holds.
  std::size_t bytes() const {
    return labels_.capacity() * sizeof(std::int32_t) + values_.capacity() * sizeof(float);
  }

 private:
  std::size_t columns_;
  std::size_t row_count_ = 0;
  std::vector<std::int32_t> labels_;  // one of the two is empty
  std::vector<float> values_;
};

}  // namespace hermes
