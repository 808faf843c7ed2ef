#pragma once

#include <cstdint>
#include <vector>

#include "hermes/runtime/memory_needs.hpp"

namespace hermes::session {

/// What this machine, the job and the limits of this process leave a rank. `process_bytes`: held
/// before the run.
runtime::RankMemory find_rank_memory(const runtime::RunConfig& config,
                                     const runtime::RankSettings& settings,
                                     std::uint32_t ranks_on_host,
                                     std::vector<std::uint64_t> cgroups_on_host,
                                     std::uint64_t process_bytes);

/// Large blocks that are freed go back to the system at once. Otherwise the C library keeps some of
/// them after the first free, and a shard that is replaced by a larger one is held twice.
void return_freed_memory();

}  // namespace hermes::session
