#include "hermes/runtime/memory_needs.hpp"

#include <algorithm>
#include <variant>

#include "hermes/core/error.hpp"
#include "hermes/data/row_order.hpp"
#include "hermes/data/shard.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/nn/optimizer_spec.hpp"
#include "hermes/runtime/evaluator.hpp"
#include "hermes/telemetry/human_units.hpp"
#include "runtime/row_slices.hpp"

namespace hermes::runtime {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
/// What processes were seen to grow by beside everything that is counted: pages of the program and
/// of libraries that are used for the first time, MPI's shared memory, the gaps of malloc.
constexpr std::uint64_t kWarmUp = 16 * kMiB;
/// The matrix library packs blocks of its operands, per thread, and copies one operand.
constexpr std::uint64_t kMatrixBlocks = 4 * kMiB;

/// What the network takes that does not depend on the mini-batch, and per row of it. Linear but for
/// the rounding of some buffers to cache lines, which the margin covers.
struct WorkspaceNeeds {
  std::uint64_t fixed = 0;
  std::uint64_t per_row = 0;
};

WorkspaceNeeds workspace_needs(const nn::NetworkSpec& spec) {
  constexpr std::size_t kFew = 64;
  constexpr std::size_t kMany = 256;
  constexpr std::uint64_t kRounding = std::uint64_t{64} * 1024;
  const auto bytes = [&spec](std::size_t batch) {
    const nn::NetworkMemory memory = nn::Network::memory_bytes(spec, batch);
    // The workspace twice: the matrix library's copy of an operand is not larger.
    return std::uint64_t{memory.activations + 2 * memory.workspace};
  };
  WorkspaceNeeds needs;
  needs.per_row = (bytes(kMany) - bytes(kFew) + kMany - kFew - 1) / (kMany - kFew);
  needs.fixed =
      bytes(kFew) - std::min<std::uint64_t>(bytes(kFew), needs.per_row * kFew) + kRounding;
  return needs;
}

/// Sizes that both kinds of rank count with.
struct Sizes {
  explicit Sizes(const RunInputs& run)
      : inputs(run),
        info(run.data_info()),
        workspace(workspace_needs(run.model())),
        parameters(run.parameter_count() * sizeof(float)),
        row_floats(run.model().input.size() + run.output_count()) {
    const std::uint64_t rows = info.row_count(data::Split::Train);
    blocks = rows / data::block_rows(rows, info.chunk_rows) + 1;
  }

  std::uint64_t evaluation_rows() const {
    const DataSettings& data = inputs.config().data;
    const std::uint64_t own = info.row_count(data::Split::Validation);
    const std::uint64_t split_off = data.validation_of(info.row_count(data::Split::Train));
    const std::uint64_t rows = std::min(data.evaluation_rows, own > 0 ? own : split_off);
    return data::shard_bytes(info, rows) + rows * sizeof(data::RowRange) * 3;
  }
  std::uint64_t evaluation_buffers() const {
    return Evaluator::kBatch *
           (row_floats * sizeof(float) + info.target_bytes() + sizeof(std::uint32_t));
  }
  /// Beside the rows: scratch of a shard, targets as HDF5 converts them, HDF5 itself.
  std::uint64_t reader() const {
    constexpr std::uint64_t kManyRows = std::uint64_t{1} << 32;
    constexpr std::uint64_t kLabels = kMiB / 2;
    return info.reader_bytes + kLabels +
           (data::shard_bytes(info, kManyRows) -
            kManyRows * (info.row_bytes() + info.target_bytes()));
  }
  std::uint64_t plan() const { return blocks * 2 * sizeof(data::RowRange); }
  std::uint64_t matrices() const {
    // A plan for other machines does not know their cores: one thread.
    std::uint64_t threads = std::max(1U, inputs.config().cluster.threads);
    for (const WorkerSettings& worker : inputs.config().workers) {
      threads = std::max(threads, worker.threads.value_or(0));
    }
    return kMatrixBlocks * threads;
  }

  const RunInputs& inputs;
  const data::DatasetInfo& info;
  WorkspaceNeeds workspace;
  std::uint64_t parameters;  ///< bytes
  std::uint64_t row_floats;  ///< of a sample and the outputs for it
  std::uint64_t blocks = 0;  ///< of training rows
};

bool is_sorted_by_label(const RunInputs& inputs) {
  return inputs.config().data.partition == protocol::PartitionKind::ByLabel;
}

/// The order of the training rows, while it is made. Sorted by label it may be single rows.
std::uint64_t order_bytes(const Sizes& sizes) {
  constexpr std::uint64_t kPerPiece = 4 * sizeof(data::RowRange);
  constexpr std::uint64_t kPerRow = sizeof(std::int32_t) + 3 * sizeof(std::uint64_t);
  const std::uint64_t rows = sizes.info.row_count(data::Split::Train);
  return is_sorted_by_label(sizes.inputs) ? rows * (kPerPiece + kPerRow) : sizes.blocks * kPerPiece;
}

/// Features, targets, place in the shuffled order, and the row's part in the list of ranges.
std::uint64_t bytes_per_shard_row(const Sizes& sizes) {
  constexpr std::uint64_t kPerRange = 4 * sizeof(data::RowRange);
  const std::uint64_t rows = sizes.info.row_count(data::Split::Train);
  const std::uint64_t rows_per_range =
      is_sorted_by_label(sizes.inputs) ? 1 : data::block_rows(rows, sizes.info.chunk_rows);
  const DataSettings& data = sizes.inputs.config().data;
  const std::uint64_t shards = data.prefetch || data.delivery == Delivery::Server ? 2 : 1;
  return shards * (sizes.info.row_bytes() + sizes.info.target_bytes()) + sizeof(std::uint32_t) +
         (kPerRange + rows_per_range - 1) / rows_per_range;
}

std::uint64_t server_optimizer_slots(const protocol::StrategyConfig& strategy) {
  return std::visit(
      [](const auto& chosen) -> std::uint64_t {
        if constexpr (requires { chosen.server; }) {
          using protocol::ServerOptimizerKind;
          return chosen.server.kind == ServerOptimizerKind::Sgd    ? 0
                 : chosen.server.kind == ServerOptimizerKind::Adam ? 2
                                                                   : 1;
        } else {
          return 0;
        }
      },
      strategy);
}

/// Payloads in another number format, beside their values; and what error feedback keeps.
std::uint64_t conversion_slots(const RunConfig& config) {
  const std::uint64_t converted = config.has_lossy_payload() ? 2 : 0;
  const wire::PayloadEncoding up = config.payload_up();
  const std::uint64_t magnitudes = up == wire::PayloadEncoding::Sparse ? 1 : 0;
  return converted + (wire::has_feedback(up) ? 2 : 0) + magnitudes;
}

/// A worker's state for a checkpoint: its model and the one that it pulled, what its optimizer and
/// error feedback remember, and a little more.
std::uint64_t state_bytes(const RunInputs& inputs, const Sizes& sizes) {
  constexpr std::uint64_t kRest = 4096;
  const std::uint64_t slots =
      nn::make_optimizer(inputs.config().train.optimizer.spec(), 1)->state().size();
  const std::uint64_t residuals = wire::has_feedback(inputs.config().payload_up()) ? 1 : 0;
  return (2 + slots + residuals) * sizes.parameters + kRest;
}

std::uint64_t sum(const std::vector<MemoryItem>& items) {
  std::uint64_t bytes = 0;
  for (const MemoryItem& item : items) {
    bytes += item.bytes;
  }
  return bytes;
}

}  // namespace

std::vector<MemoryItem> MemoryNeeds::items(std::uint64_t rows, std::uint32_t minibatch) const {
  std::vector<MemoryItem> all = fixed;
  if (model.bytes_per_minibatch_row > 0) {
    const std::uint32_t batch = std::max(minibatch, model.minibatch_rows_min);
    all.push_back({"activations", model.bytes_per_minibatch_row * batch});
  }
  if (model.bytes_per_shard_row > 0) {
    all.push_back(
        {"shard of " + telemetry::grouped(rows) + " rows", model.bytes_per_shard_row * rows});
  }
  return all;
}

MemoryNeeds worker_needs(const RunInputs& inputs) {
  const Sizes sizes(inputs);
  const std::uint64_t slots =
      nn::make_optimizer(inputs.config().train.optimizer.spec(), 1)->state().size();
  MemoryNeeds needs;
  needs.fixed = {
      {"warm-up", kWarmUp},
      {"matrix library", sizes.matrices()},
      {"parameters", sizes.parameters},
      {"gradients", sizes.parameters},
      {"optimizer state", slots * sizes.parameters},
      {"initial model", sizes.parameters},
      {"received models", 3 * sizes.parameters},  // pulled, base of a push in flight, arriving
      {"payloads to send", 2 * sizes.parameters},
      {"payload conversion", conversion_slots(inputs.config()) * sizes.parameters},
      {"state for checkpoints",  // twice while it grows
       inputs.config().checkpoint.keep > 0 ? 2 * state_bytes(inputs, sizes) : 0},
      {"layer buffers", sizes.workspace.fixed},
      {"evaluation rows", sizes.evaluation_rows()},
      {"evaluation buffers", sizes.evaluation_buffers()},
      {"data reader", sizes.reader()},
      {"row order", 2 * sizes.plan() + order_bytes(sizes)},
  };
  needs.model = {
      .fixed_bytes = sum(needs.fixed),
      .bytes_per_shard_row = bytes_per_shard_row(sizes),
      .bytes_per_minibatch_row =
          sizes.workspace.per_row + sizes.row_floats * sizeof(float) + sizes.info.target_bytes(),
      .minibatch_rows_min = Evaluator::kBatch};
  return needs;
}

MemoryNeeds server_needs(const RunInputs& inputs, std::uint32_t workers) {
  const Sizes sizes(inputs);
  const std::uint64_t test_rows =
      std::min(test_window_rows(sizes.info), sizes.info.row_count(data::Split::Test));
  constexpr std::uint64_t kRecorder = kMiB;
  constexpr std::uint64_t kCheckedBlock = 5 * kMiB;  // of values, before the run
  constexpr std::uint64_t kFileGrowth = 4 * kMiB;    // model.h5 is made in memory
  const bool is_served = inputs.config().data.delivery == Delivery::Server;
  MemoryNeeds needs;
  needs.fixed = {
      {"warm-up", kWarmUp},
      {"matrix library", sizes.matrices()},
      {"parameters", sizes.parameters},
      {"gradients", sizes.parameters},
      {"models", 6 * sizes.parameters},  // initial, global, best, in the merge, to be evaluated (2)
      {"server optimizer",
       server_optimizer_slots(inputs.config().strategy_spec()) * sizes.parameters},
      {"payloads of workers", 3 * sizes.parameters * workers},  // pending, arriving, leaving
      {"payload conversion", inputs.config().has_lossy_payload() ? 2 * sizes.parameters : 0},
      // Of workers: known, on their way, in the file that is made in memory, waiting for it. Of the
      // server: its models, an update of each worker.
      {"checkpoints", inputs.config().checkpoint.keep > 0
                          ? std::uint64_t{5} * workers * state_bytes(inputs, sizes) +
                                std::uint64_t{4} * (8 + workers) * sizes.parameters
                          : 0},
      {"layer buffers", sizes.workspace.fixed},
      {"activations", sizes.workspace.per_row * Evaluator::kBatch},
      {"evaluation rows", sizes.evaluation_rows()},
      {"evaluation buffers", 2 * sizes.evaluation_buffers()},
      {"test rows", data::shard_bytes(sizes.info, test_rows)},
      {"model file", 4 * sizes.parameters + kFileGrowth},
      {"data reader", sizes.reader() + kCheckedBlock},
      {"rows on their way", is_served ? kSlicesInFlight * kSliceBytesMax * workers : 0},
      {"row order", 2 * sizes.plan()},
      {"recorder", kRecorder},
  };
  needs.model.fixed_bytes = sum(needs.fixed);
  return needs;
}

MemoryNeeds alone_needs(const RunInputs& inputs) {
  MemoryNeeds needs = worker_needs(inputs);
  for (MemoryItem& item : server_needs(inputs, 1).fixed) {
    const bool is_shared =
        item.name == "warm-up" || item.name == "matrix library" || item.name == "data reader";
    if (!is_shared) {
      needs.fixed.push_back({"server: " + item.name, item.bytes});
    }
  }
  needs.model.fixed_bytes = sum(needs.fixed);
  return needs;
}

std::uint64_t RankMemory::for_run() const {
  const std::uint64_t bytes = budget.bytes();
  return bytes == 0 ? 0 : std::max<std::uint64_t>(1, bytes - std::min(bytes, process_bytes));
}

std::uint64_t rows_min(const RunInputs& inputs) {
  const std::uint64_t rows = inputs.data_info().row_count(data::Split::Train);
  return std::min<std::uint64_t>(inputs.config().train.minibatch, rows);
}

void check_fits(const MemoryNeeds& needs, const RankMemory& memory, std::uint64_t rows,
                std::uint32_t minibatch, const std::string& who) {
  const data::MemoryLimit* limit = memory.budget.decisive();
  const std::uint64_t needed = memory.process_bytes + needs.model.bytes(rows, minibatch);
  if (limit == nullptr || needed <= memory.budget.bytes()) {
    return;
  }
  std::string parts = "process " + telemetry::human_bytes(memory.process_bytes);
  for (const MemoryItem& item : needs.items(rows, minibatch)) {
    if (item.bytes > 0) {
      parts += " + " + item.name + " " + telemetry::human_bytes(item.bytes);
    }
  }
  throw ConfigError("memory of " + who + ": expected at least " + telemetry::human_bytes(needed) +
                    " (" + parts + "), found a budget of " +
                    telemetry::human_bytes(memory.budget.bytes()) + " (" +
                    std::string(to_string(limit->source)) + ")");
}

void check_worker_fits(const RunInputs& inputs, const RankMemory& memory, Rank rank) {
  check_fits(worker_needs(inputs), memory, rows_min(inputs), inputs.config().train.minibatch,
             "rank " + std::to_string(rank.value));
}

std::string describe(const data::MemoryLimit& limit) {
  std::string source(to_string(limit.source));
  if (limit.source == data::MemorySource::Configured) {
    return source;
  }
  return source + " (" + limit.where + "): " + telemetry::human_bytes(limit.found) + " for " +
         telemetry::counted(limit.ranks, "rank");
}

std::uint64_t worker_state_bytes_max(const RunInputs& inputs) {
  return 2 * state_bytes(inputs, Sizes(inputs)) + kMiB;
}

std::uint64_t test_window_rows(const data::DatasetInfo& info) {
  constexpr std::uint64_t kWindowBytes = 8 * kMiB;
  const std::uint64_t rows = std::max<std::uint64_t>(1, kWindowBytes / info.row_bytes());
  // Whole mini-batches, so that the result does not depend on the window.
  return (rows + Evaluator::kBatch - 1) / Evaluator::kBatch * Evaluator::kBatch;
}

}  // namespace hermes::runtime
