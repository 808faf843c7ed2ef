#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hermes/data/dataset.hpp"
#include "hermes/data/memory_budget.hpp"
#include "hermes/protocol/memory_model.hpp"
#include "hermes/runtime/run_inputs.hpp"

namespace hermes::runtime {

/// One thing that a rank holds.
struct MemoryItem {
  std::string name;
  std::uint64_t bytes = 0;
};

/// What a rank holds of a run: an upper bound, item by item. What the process held before the run
/// (program, libraries, MPI) is not in it: see RankMemory.
struct MemoryNeeds {
  std::vector<MemoryItem> fixed;  ///< whatever the assignment
  protocol::MemoryModel model;    ///< `fixed` in one sum, and what rows and mini-batches add to it

  /// All items with a shard of so many rows and mini-batches of this size.
  std::vector<MemoryItem> items(std::uint64_t rows, std::uint32_t minibatch) const;
};

MemoryNeeds worker_needs(const RunInputs& inputs);
/// No shard and no mini-batch: `model` has only its fixed part.
MemoryNeeds server_needs(const RunInputs& inputs, std::uint32_t workers);
/// One rank that is server and worker.
MemoryNeeds alone_needs(const RunInputs& inputs);

/// What a rank may use, and what its process held before the run.
struct RankMemory {
  data::MemoryBudget budget;
  std::uint64_t process_bytes = 0;

  /// The part of the budget that the run's needs may take, at least 1; 0: no limit.
  std::uint64_t for_run() const;
};

/// Rows without which no worker begins: a mini-batch, or all there are.
std::uint64_t rows_min(const RunInputs& inputs);

/// Throws ConfigError, one line with the sum and the budget, unless the rank can hold its needs
/// with `rows` of a shard. `who`: "worker 3".
void check_fits(const MemoryNeeds& needs, const RankMemory& memory, std::uint64_t rows,
                std::uint32_t minibatch, const std::string& who);

/// The same for a worker and the least that it needs.
void check_worker_fits(const RunInputs& inputs, const RankMemory& memory, Rank rank);

/// The most that a worker's state for a checkpoint can be: twice what is reckoned with, as a custom
/// strategy may keep something, too.
std::uint64_t worker_state_bytes_max(const RunInputs& inputs);

/// "configured", or "MemAvailable (/proc/meminfo): 4.0 GiB for 2 ranks".
std::string describe(const data::MemoryLimit& limit);

/// Test rows that the server holds at a time.
std::uint64_t test_window_rows(const data::DatasetInfo& info);

}  // namespace hermes::runtime
