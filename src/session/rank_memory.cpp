#include "hermes/session/rank_memory.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <utility>

#include "hermes/session/console.hpp"

namespace hermes::session {

runtime::RankMemory find_rank_memory(const runtime::RunConfig& config,
                                     const runtime::RankSettings& settings,
                                     std::uint32_t ranks_on_host,
                                     std::vector<std::uint64_t> cgroups_on_host,
                                     std::uint64_t process_bytes) {
  data::MemorySurroundings around;
  around.environment = environment;
  around.ranks_on_host = ranks_on_host;
  around.cgroups_on_host = std::move(cgroups_on_host);
  around.configured = settings.memory;
  around.fraction = config.allocation.memory_fraction;
  return {data::find_memory_budget(around), process_bytes};
}

void return_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargeBytes = 1 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kLargeBytes);
#endif
}

}  // namespace hermes::session
