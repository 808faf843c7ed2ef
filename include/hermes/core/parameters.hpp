#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "hermes/core/assert.hpp"
#include "hermes/core/buffer.hpp"

namespace hermes {

/// Numbers of 16 bits (hermes/core/half.hpp).
enum class HalfFormat : std::uint8_t { Fp16, Bf16 };

/// A model's parameters (or a difference of two models) as an immutable shared block: one block
/// serves many sends and readers without a copy and without a race. Cheap to copy.
///
/// The block may live inside a larger owner (a received message): `owner` keeps it alive.
/// What has just arrived may still be numbers of 16 bits, as who merges it has to look at each
/// number once only: `read` serves both.
class SharedParameters {
 public:
  SharedParameters() = default;
  SharedParameters(std::shared_ptr<const void> owner, std::span<const float> values)
      : owner_(std::move(owner)), values_(values) {}
  SharedParameters(std::shared_ptr<const void> owner, std::span<const std::uint16_t> halves,
                   HalfFormat format)
      : owner_(std::move(owner)), halves_(halves), format_(format) {}

  std::size_t size() const { return is_half() ? halves_.size() : values_.size(); }
  bool empty() const { return size() == 0; }
  bool is_half() const { return !halves_.empty(); }
  const std::shared_ptr<const void>& owner() const { return owner_; }

  /// Requires: they are floats.
  std::span<const float> values() const {
    HERMES_ASSERT(!is_half(), "parameters: expected floats");
    return values_;
  }
  /// As many values from `first` on as there is room: floats where they lie, halves widened into
  /// the room.
  std::span<const float> read(std::size_t first, std::span<float> room) const;

 private:
  std::shared_ptr<const void> owner_;
  std::span<const float> values_;
  std::span<const std::uint16_t> halves_;
  HalfFormat format_ = HalfFormat::Fp16;
};

/// Values that are best read at a time: they and a few more blocks fit the first-level cache.
inline constexpr std::size_t kParameterBlock = 1024;

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
  /// The block itself, to be written again, when `parameters` are its last reader; they are empty
  /// then. Else, or when it is not of this pool, none.
  std::optional<ParameterBuffer> reopen(SharedParameters& parameters);
  /// acquire + copy + seal.
  SharedParameters copy_of(std::span<const float> values);

 private:
  std::size_t size_;
  std::vector<std::shared_ptr<AlignedVector<float>>> blocks_;
};

}  // namespace hermes
