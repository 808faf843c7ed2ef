#pragma once

#include <cstddef>
#include <memory>
#include <span>
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

/// Buffers of one size that are used again once nobody reads them: a merge in steady state does
/// not allocate.
///
/// Call order: (acquire, write, seal)*. Single-threaded, but sealed blocks may be released by any
/// thread and may outlive the pool.
class ParameterPool {
 public:
  explicit ParameterPool(std::size_t size);
  ~ParameterPool();
  ParameterPool(ParameterPool&&) noexcept;
  ParameterPool& operator=(ParameterPool&&) noexcept;

  std::size_t size() const { return size_; }
  /// A writable buffer of `size()` values with unspecified content.
  AlignedVector<float> acquire();
  /// Makes the buffer immutable and shared; it comes back to the pool after its last reader.
  SharedParameters seal(AlignedVector<float> buffer);
  /// acquire + copy + seal.
  SharedParameters copy_of(std::span<const float> values);

 private:
  struct FreeList;
  std::size_t size_;
  std::shared_ptr<FreeList> free_;
};

}  // namespace hermes
