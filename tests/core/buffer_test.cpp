#include "hermes/core/buffer.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace hermes {
namespace {

TEST(AlignedVectorTest, starts_on_a_cache_line) {
  for (const std::size_t size : {1U, 1000U, 3U << 20U}) {
    const AlignedVector<float> values(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(values.data()) % 64, 0U) << size;
  }
}

#ifdef __linux__
/// Whether the kernel noted the wish for huge pages ("hg") for the memory at this address.
bool wants_huge_pages(std::uintptr_t address) {
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t first = 0;
    std::uintptr_t last = 0;
    char dash = 0;
    if (words >> std::hex >> first >> dash >> last && dash == '-') {
      inside = first <= address && address < last;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line.find(" hg") != std::string::npos;
    }
  }
  return false;
}

TEST(AlignedVectorTest, large_ones_ask_for_huge_pages) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage/enabled")) {
    GTEST_SKIP() << "this kernel has no huge pages";
  }
  const AlignedVector<float> values(4U << 20U);
  EXPECT_TRUE(
      wants_huge_pages(reinterpret_cast<std::uintptr_t>(values.data() + values.size() / 2)));
}
#endif

}  // namespace
}  // namespace hermes
