#pragma once

#include <cstdint>
#include <filesystem>

namespace hermes::data {

/// What the kernel says that this process holds, in bytes. All zero where it does not say.
struct ProcessMemory {
  std::uint64_t resident = 0;       ///< in memory now: private, of files and shared with others
  std::uint64_t peak_resident = 0;  ///< the most so far
  std::uint64_t mapped = 0;         ///< of the address space, in memory or not

  friend bool operator==(const ProcessMemory&, const ProcessMemory&) = default;
};

/// Reads `root`/proc/self/status.
ProcessMemory process_memory(const std::filesystem::path& root = "/");

}  // namespace hermes::data
