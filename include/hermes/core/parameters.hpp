#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "hermes/core/buffer.hpp"

namespace hermes {

/// A model's parameters (or a difference of two models) as an immutable shared block: one block
/// serves many sends and readers without a copy and without a race. Cheap to copy.
///
/// The block may live inside a larger owner (a received message): `owner` keeps it alive.
class SharedParameters {
 public:
  SharedParameters() = default;
  SharedParameters(std::shared_ptr<const void> owner, std::span<const float> values)
      : owner_(std::move(owner)), values_(values) {}

  std::span<const float> values() const { return values_; }
  std::size_t size() const { return values_.size(); }
  bool empty() const { return values_.empty(); }
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  std::shared_ptr<const void> owner_;
  std::span<const float> values_;
};

/// A block of a pool while it is written; it has one holder.
class ParameterBuffer {
 public:
  ParameterBuffer(ParameterBuffer&&) noexcept = default;
  ParameterBuffer& operator=(ParameterBuffer&&) noexcept = default;

  std::span<float> values() { return *block_; }
  /// Immutable and shared from now on; comes back to its pool after its last reader.
  SharedParameters seal() && {
    const std::span<const float> values(*block_);
    return {std::move(block_), values};
  }

 private:
  friend class ParameterPool;
  explicit ParameterBuffer(std::shared_ptr<AlignedVector<float>> block)
      : block_(std::move(block)) {}

  std::shared_ptr<AlignedVector<float>> block_;
};

/// Buffers of one size that are used again once nobody reads them: in steady state neither a merge
/// nor a payload that is made or expanded allocates.
///
/// Single-threaded, but sealed blocks may be released by any thread and may outlive the pool.
class ParameterPool {
 public:
  explicit ParameterPool(std::size_t size) : size_(size) {}

  std::size_t size() const { return size_; }
  /// A buffer of `size()` values with unspecified content.
  ParameterBuffer acquire();
  /// acquire + copy + seal.
  SharedParameters copy_of(std::span<const float> values);

 private:
  std::size_t size_;
  std::vector<std::shared_ptr<AlignedVector<float>>> blocks_;
};

}  // namespace hermes
