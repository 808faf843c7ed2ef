#include "hermes/data/process_memory.hpp"

#include <string>

#include "data/cgroup.hpp"

namespace hermes::data {

ProcessMemory process_memory(const std::filesystem::path& root) {
  constexpr std::uint64_t kUnit = 1024;  // "kB" means KiB there
  const std::string text = small_text_file(root / "proc/self/status");
  return {.resident = number_after(text, "VmRSS:").value_or(0) * kUnit,
          .peak_resident = number_after(text, "VmHWM:").value_or(0) * kUnit,
          .mapped = number_after(text, "VmSize:").value_or(0) * kUnit};
}

}  // namespace hermes::data
