#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>

#include "hermes/core/assert.hpp"
#include "hermes/core/buffer.hpp"

namespace hermes {

/// The header of a frame: a vector of bytes in place, as frames must neither allocate when they are
/// made nor when they arrive. A copy costs as much as there is in it.
class HeaderBytes {
 public:
  static constexpr std::size_t kCapacity = 1024;

  // Leaves the bytes alone, which `= default` would not.
  HeaderBytes() noexcept {}  // NOLINT(modernize-use-equals-default)
  /// Requires: they fit.
  explicit HeaderBytes(std::span<const std::byte> bytes) { append(bytes); }
  HeaderBytes(const Bytes& bytes) { append(bytes); }  // NOLINT(google-explicit-constructor)
  HeaderBytes(const HeaderBytes& other) noexcept { assign(other); }
  HeaderBytes& operator=(const HeaderBytes& other) noexcept {
    assign(other);
    return *this;
  }
  ~HeaderBytes() = default;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::byte* data() { return bytes_.data(); }
  const std::byte* data() const { return bytes_.data(); }
  std::byte* begin() { return data(); }
  std::byte* end() { return data() + size_; }
  const std::byte* begin() const { return data(); }
  const std::byte* end() const { return data() + size_; }
  std::byte& operator[](std::size_t index) { return bytes_[index]; }

  /// New bytes are zero. Requires: `size` is within the capacity.
  void resize(std::size_t size) {
    HERMES_ASSERT(size <= kCapacity, "header: too long");
    std::fill(end(), std::max(end(), begin() + size), std::byte{0});
    size_ = size;
  }
  /// Requires: it fits.
  void append(std::span<const std::byte> bytes) {
    HERMES_ASSERT(bytes.size() <= kCapacity - size_, "header: too long");
    std::copy(bytes.begin(), bytes.end(), end());
    size_ += bytes.size();
  }

  friend bool operator==(const HeaderBytes& a, const HeaderBytes& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  void assign(const HeaderBytes& other) noexcept {
    std::copy_n(other.begin(), other.size_, begin());
    size_ = other.size_;
  }

  std::size_t size_ = 0;
  std::array<std::byte, kCapacity> bytes_;
};

/// Immutable bytes and whoever keeps them alive. Cheap to copy; empty by default.
struct SharedBytes {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};

/// A message as bytes: a small header and, where there is one, a large block beside it.
/// `wire` makes and reads frames, `transport` moves them; neither copies the payload.
struct Frame {
  HeaderBytes header;
  SharedBytes payload;
};

}  // namespace hermes
