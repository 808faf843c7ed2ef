#include <algorithm>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "hermes/core/byte_size.hpp"
#include "hermes/core/error.hpp"
#include "hermes/data/process_memory.hpp"
#include "hermes/session/console.hpp"
#include "hermes/session/rank_memory.hpp"
#include "hermes/telemetry/human_units.hpp"

namespace hermes::cli {
namespace {

using telemetry::grouped;
using telemetry::human_bytes;

/// What a rank was seen to hold more than this process, once it has started MPI.
constexpr std::uint64_t kMpiBytes = std::uint64_t{12} << 20;

struct PlanOptions {
  std::string config;
  std::vector<std::string> overrides;
  std::uint32_t ranks = 1;
  std::string memory;
};

/// One rank, or several that differ in their number only.
struct PlannedRank {
  std::string name;
  runtime::MemoryNeeds needs;
  runtime::RankMemory memory;
  std::uint64_t rows_min = 0;
  std::uint64_t rows_max = 0;  ///< of a shard; 0: the rank holds none
  std::uint64_t pool = 0;      ///< rows that it draws from
};

void line(std::ostream& out, const std::string& name, const std::string& value,
          const std::string& remark) {
  out << "  " << std::left << std::setw(30) << name << std::right << std::setw(18) << value << "  "
      << remark << "\n";
}

void bytes_line(std::ostream& out, const std::string& name, std::uint64_t bytes,
                const std::string& remark = {}) {
  std::ostringstream human;
  human << std::setw(11) << human_bytes(bytes) << (remark.empty() ? "" : "  ") << remark;
  line(out, name, grouped(bytes) + " B", human.str());
}

void print(std::ostream& out, const PlannedRank& rank, const runtime::RunConfig& config) {
  const std::uint32_t minibatch = config.train.minibatch;
  const std::uint64_t rows = std::min({config.allocation.initial_rows, rank.rows_max, rank.pool});
  out << "\n" << rank.name << "\n";
  bytes_line(out, "process", rank.memory.process_bytes, "program, libraries, MPI");
  for (const runtime::MemoryItem& item : rank.needs.items(rows, minibatch)) {
    bytes_line(out, item.name, item.bytes);
  }
  bytes_line(out, "sum", rank.memory.process_bytes + rank.needs.model.bytes(rows, minibatch),
             "at most");
  if (const data::MemoryLimit* limit = rank.memory.budget.decisive()) {
    bytes_line(out, "budget", rank.memory.budget.bytes(), runtime::describe(*limit));
  } else {
    line(out, "budget", "none", "");
  }
  if (rank.rows_max > 0) {
    line(out, "largest shard", grouped(std::min(rank.rows_max, rank.pool)) + " rows",
         "of " + grouped(rank.pool) + " that it draws from");
    line(out, "windows per pass", grouped((rank.pool + rows - 1) / rows),
         "of at most " + grouped(rows) + " rows");
  }
}

void print_data(std::ostream& out, const runtime::RunInputs& inputs) {
  const data::DatasetInfo& info = inputs.dataset().info();
  std::uint64_t rows = 0;
  for (const std::uint64_t count : info.rows) {
    rows += count;
  }
  out << "data: " << info.path.string() << ": " << grouped(rows) << " rows of "
      << grouped(info.row_bytes()) << " B, " << human_bytes(rows * info.row_bytes()) << " in all; "
      << grouped(inputs.plan().training_count()) << " rows train\n";
}

std::uint64_t pool_rows(const runtime::RunInputs& inputs, std::uint32_t workers) {
  const std::uint64_t rows = inputs.plan().training_count();
  const bool is_shared = inputs.config().data.partition == protocol::PartitionKind::Shared;
  return is_shared ? rows : std::max<std::uint64_t>(1, rows / std::max<std::uint32_t>(workers, 1));
}

/// Ranks with the same settings are planned once.
std::vector<PlannedRank> plan_ranks(const runtime::RunInputs& inputs, const PlanOptions& options,
                                    std::optional<std::uint64_t> memory, std::uint64_t process) {
  const runtime::RunConfig& config = inputs.config();
  const std::uint32_t workers = options.ranks - 1;
  const auto rank_memory = [&](runtime::RankSettings settings) {
    settings.memory = memory ? memory : settings.memory;
    return session::find_rank_memory(config, settings, options.ranks, {}, process);
  };
  const auto with_rows = [&](PlannedRank rank) {
    rank.rows_min = runtime::rows_min(inputs);
    rank.rows_max = rank.needs.model.rows_max(rank.memory.for_run(), config.train.minibatch);
    rank.pool = pool_rows(inputs, workers);
    return rank;
  };
  if (workers == 0) {
    return {with_rows({"rank 0, alone", runtime::alone_needs(inputs),
                       rank_memory(config.settings_of(Rank{1}, session::host_name()))})};
  }
  std::vector<PlannedRank> ranks{
      {"rank 0, the server", runtime::server_needs(inputs, workers),
       rank_memory(config.settings_of(kServerRank, session::host_name()))}};
  for (std::uint32_t first = 1; first <= workers;) {
    const auto settings_of = [&](std::uint32_t rank) {
      return config.settings_of(Rank{static_cast<std::int32_t>(rank)}, session::host_name());
    };
    std::uint32_t last = first;
    while (last < workers && settings_of(last + 1) == settings_of(first)) {
      ++last;
    }
    const std::string name = first == last ? "rank " + std::to_string(first) + ", a worker"
                                           : "ranks " + std::to_string(first) + " to " +
                                                 std::to_string(last) + ", each a worker";
    ranks.push_back(
        with_rows({name, runtime::worker_needs(inputs), rank_memory(settings_of(first))}));
    first = last + 1;
  }
  return ranks;
}

int plan(const PlanOptions& options) {
  const std::uint64_t process =
      data::process_memory().resident + (options.ranks > 1 ? kMpiBytes : 0);
  std::optional<std::uint64_t> memory;
  if (!options.memory.empty()) {
    memory = parse_byte_size(options.memory);
    if (!memory || *memory == 0) {
      throw ConfigError("--memory: expected " + std::string(kByteSizeText) + ", found '" +
                        options.memory + "'");
    }
  }
  const runtime::RunInputs inputs(runtime::load_run_config(options.config, options.overrides));
  const runtime::RunConfig& config = inputs.config();
  inputs.check_workers(std::max<std::uint32_t>(options.ranks - 1, 1));
  const std::vector<PlannedRank> ranks = plan_ranks(inputs, options, memory, process);
  for (const PlannedRank& rank : ranks) {
    const std::uint32_t minibatch = rank.rows_min > 0 ? config.train.minibatch : 0;
    runtime::check_fits(rank.needs, rank.memory, rank.rows_min, minibatch, rank.name);
  }
  std::cout << "plan of " << options.config << " for " << telemetry::counted(options.ranks, "rank")
            << ", all on this host\n";
  print_data(std::cout, inputs);
  for (const PlannedRank& rank : ranks) {
    print(std::cout, rank, config);
  }
  return 0;
}

}  // namespace

void add_plan(CLI::App& app, Action& action) {
  auto options = std::make_shared<PlanOptions>();
  CLI::App* command = app.add_subcommand(
      "plan", "Say what each rank of a run would hold in memory; refuse what does not fit");
  command->add_option("config", options->config, "Run configuration (TOML)")->required();
  command->add_option("--ranks", options->ranks, "Ranks of the run, with the server")
      ->required()
      ->check(CLI::Range(1, 1'000'000));
  command->add_option("--memory", options->memory, "Budget of each rank, as 512MiB");
  command->add_option("--set", options->overrides, "Override a key: --set key=value")
      ->take_all()
      ->allow_extra_args(false);
  command->callback([options, &action] { action = [options] { return plan(*options); }; });
}

}  // namespace hermes::cli
