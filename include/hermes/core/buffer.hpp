#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <vector>

namespace hermes {

namespace detail {

/// Asks the system for huge pages where they fit into this memory. Kernels walk through dozens of
/// arrays at once; with small pages they spend a quarter of their time on address translation.
void prefer_huge_pages(void* memory, std::size_t bytes) noexcept;

}  // namespace detail

/// Allocator for buffers that vector kernels and MPI like: 64-byte aligned, large ones in huge
/// pages.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  static constexpr std::align_val_t kAlignment{64};

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)

  T* allocate(std::size_t count) {
    if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) {
      throw std::bad_array_new_length();
    }
    void* memory = ::operator new(count * sizeof(T), kAlignment);
    detail::prefer_huge_pages(memory, count * sizeof(T));
    return static_cast<T*>(memory);
  }
  void deallocate(T* pointer, std::size_t) noexcept { ::operator delete(pointer, kAlignment); }

  friend bool operator==(AlignedAllocator, AlignedAllocator) { return true; }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

using Bytes = std::vector<std::byte>;

/// Growing a vector in the usual way would hold the old and the new values at the same time.
template <class Vector>
void resize_without_copy(Vector& vector, std::size_t size) {
  if (size > vector.capacity()) {
    vector = Vector();
  }
  vector.resize(size);
}

}  // namespace hermes
