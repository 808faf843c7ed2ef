#include "hermes/core/buffer.hpp"

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace hermes::detail {

#ifdef __linux__
void prefer_huge_pages(void* memory, std::size_t bytes) noexcept {
  constexpr std::uintptr_t kHugePageBytes = 2U << 20U;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
  const std::uintptr_t last = (begin + bytes) / kHugePageBytes * kHugePageBytes;
  if (first < last) {
    // A wish: a kernel without huge pages refuses, and the memory is as good as any.
    static_cast<void>(
        madvise(static_cast<std::byte*>(memory) + (first - begin), last - first, MADV_HUGEPAGE));
  }
}
#else
void prefer_huge_pages(void* /*memory*/, std::size_t /*bytes*/) noexcept {}
#endif

}  // namespace hermes::detail
