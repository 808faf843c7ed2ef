#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <vector>

#include "blas_choice.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "hermes/core/error.hpp"
#include "hermes/data/process_memory.hpp"
#include "hermes/nn/blas.hpp"
#include "hermes/runtime/run_loops.hpp"
#include "hermes/transport/mpi_environment.hpp"
#include "hermes/transport/mpi_transport.hpp"
#include "hermes/transport/simulator.hpp"
#include "hermes/wire/codec.hpp"
#include "rank_memory.hpp"

namespace hermes::cli {
namespace {

struct TrainOptions {
  std::string config;
  std::vector<std::string> overrides;
  std::string out;
  std::string init;
  bool resume = false;
  bool quiet = false;
};

runtime::RunConfig load_config(const TrainOptions& options, std::uint32_t workers) {
  runtime::RunConfig config = runtime::load_run_config(options.config, options.overrides);
  if (!options.init.empty()) {
    config.initial_weights = std::filesystem::absolute(options.init).lexically_normal().string();
  }
  if (workers < config.cluster.min_workers) {
    throw ConfigError(options.config + ": key 'cluster.min_workers': expected at least " +
                      std::to_string(config.cluster.min_workers) +
                      " workers beside the server, found " + std::to_string(workers) +
                      " (start with mpirun -np " + std::to_string(config.cluster.min_workers + 1) +
                      ")");
  }
  for (const runtime::Fault& fault : config.faults) {
    if (workers == 0 || fault.rank > workers) {
      throw ConfigError(options.config + ": key 'fault.rank': expected a rank of a run with " +
                        std::to_string(workers) + " workers, found " + std::to_string(*fault.rank) +
                        (workers == 0 ? " (one rank alone has no faults)" : ""));
    }
  }
  if (workers == 0) {
    config.strategy.type = runtime::StrategyKind::Bsp;
    config.wire = {};  // there is none
  }
  return config;
}

/// Ends this process as kill -9 does. The process of a simulated rank is not its own: that rank
/// falls silent (FaultInjector).
void kill_this_rank() {
  if (!transport::simulated_rank()) {
    static_cast<void>(std::raise(SIGKILL));
  }
}

/// The same run with the number of threads that this rank shall use, where none is configured.
runtime::RunConfig with_threads(runtime::RunConfig config, std::uint32_t threads) {
  if (config.cluster.threads == 0) {
    config.cluster.threads = threads;
  }
  return config;
}

runtime::RunDirectory make_directory(const TrainOptions& options,
                                     const runtime::RunConfig& config) {
  return {options.out.empty() ? std::nullopt : std::optional<std::filesystem::path>(options.out),
          config, options.resume};
}

/// What the run goes on from: with --resume, and where there is something. Where there is nothing
/// but damaged checkpoints, the run does not begin anew over them.
std::optional<runtime::Checkpoint> find_checkpoint(const TrainOptions& options,
                                                   const runtime::RunInputs& inputs,
                                                   std::uint32_t workers) {
  if (!options.resume) {
    return std::nullopt;
  }
  const std::filesystem::path run = options.out.empty()
                                        ? std::filesystem::path("runs") / inputs.config().name
                                        : std::filesystem::path(options.out);
  const std::filesystem::path directory = runtime::RunDirectory::checkpoints_of(run);
  std::optional<runtime::FoundCheckpoint> found = runtime::newest_checkpoint(directory, say);
  if (!found) {
    if (const std::size_t damaged = runtime::checkpoint_numbers(directory).size(); damaged > 0) {
      throw DataError(directory.string() + ": expected a checkpoint that can be read, found " +
                      std::to_string(damaged) + " that cannot; without them the run begins anew");
    }
    return std::nullopt;
  }
  runtime::check_resumable(*found, inputs, workers);
  return std::move(found->content);
}

int report(const runtime::RunOutcome& outcome, int rank) {
  const int code = runtime::exit_code(outcome);
  // A worker speaks up only about what the server cannot know.
  const bool is_own_news = rank == 0 || outcome.reason == protocol::StopReason::ServerLost;
  report_exit_code(code);  // before MPI ends, which a dying rank may hold up
  if (code == 0 || !is_own_news) {
    return code;
  }
  if (outcome.reason == protocol::StopReason::BadInput && !outcome.detail.empty()) {
    say(outcome.detail);  // as for any other wrong input
  } else {
    say("rank " + std::to_string(rank) +
        ": stopped: " + std::string(protocol::to_string(outcome.reason)) +
        (outcome.detail.empty() ? "" : ": ") + outcome.detail +
        (outcome.is_saved ? "; hermes train --resume goes on from the checkpoint" : ""));
  }
  return code;
}

int train_alone(const TrainOptions& options,
                const transport::LocalTime& time = transport::real_time()) {
  const std::uint64_t process_bytes = data::process_memory().resident;
  const runtime::RunConfig asked = load_config(options, 0);
  const runtime::RunInputs inputs(with_threads(asked, blas_threads(own_cores(), 1)));
  const runtime::RunConfig& config = inputs.config();
  const runtime::RankSettings settings = config.settings_of(Rank{1}, host_name());
  const runtime::WorkerLimits limits{find_rank_memory(config, settings, 1, {}, process_bytes),
                                     settings.slowdown, !transport::simulated_rank()};
  runtime::check_fits(runtime::alone_needs(inputs), limits.memory, runtime::rows_min(inputs),
                      config.train.minibatch, "rank 0");
  inputs.check_values();
  std::optional<runtime::Checkpoint> resume = find_checkpoint(options, inputs, 1);
  const runtime::RunDirectory directory = make_directory(options, asked);
  nn::set_blas_threads(static_cast<int>(settings.threads));
  const runtime::Console console{std::cout, catch_stop_signals(), progress_config(options.quiet),
                                 describe_kernels(settings.threads)};
  return report(runtime::train_alone(inputs, directory, console, limits, time, std::move(resume)),
                0);
}

/// Ends a run that the server cannot begin or go on with. Nobody is lost, so MPI can end in good
/// order: a worker that tidies up while rank 0 is gone already may wait for it in vain.
runtime::RunOutcome give_up(transport::Transport& transport, protocol::StopReason reason,
                            const std::exception& why) {
  runtime::turn_workers_away(transport, reason);
  return {reason, why.what(), false};
}

runtime::RunOutcome serve_or_give_up(const runtime::RunInputs& inputs,
                                     const runtime::RunDirectory& directory,
                                     transport::Transport& transport,
                                     const runtime::Console& console,
                                     const runtime::RankMemory& memory,
                                     std::optional<runtime::Checkpoint> resume) {
  using protocol::StopReason;
  try {
    return runtime::serve(inputs, directory, transport, console, memory, std::move(resume));
  } catch (const ConfigError& error) {
    return give_up(transport, StopReason::BadInput, error);
  } catch (const DataError& error) {
    return give_up(transport, StopReason::BadInput, error);
  } catch (const Error& error) {  // a full disk, say
    return give_up(transport, StopReason::Failed, error);
  }
}

/// What a rank of several makes before the first message.
struct RankInputs {
  runtime::RunConfig config;
  std::unique_ptr<runtime::RunInputs> inputs;  // none: rank 0 delivers the rows
  std::optional<runtime::RunDirectory> directory;
  std::optional<runtime::Checkpoint> resume;
  std::size_t payload_bytes = 0;
  runtime::RankSettings settings;
  runtime::RankMemory memory;
};

/// BLAS threads of a rank; every rank calls it.
std::uint32_t threads_on_host() {
  const OwnCores cores = own_cores();
  const transport::HostRanks ranks = transport::MpiEnvironment::gather_on_host({&cores.id, 1});
  return blas_threads(cores,
                      static_cast<std::uint32_t>(std::ranges::count(ranks.values, cores.id)));
}

RankInputs make_inputs(const TrainOptions& options, const transport::MpiEnvironment& mpi,
                       const transport::HostRanks& neighbours, std::uint64_t process_bytes,
                       std::uint32_t threads) {
  const bool is_server = mpi.rank() == kServerRank;
  const auto workers = static_cast<std::uint32_t>(mpi.rank_count() - 1);
  RankInputs made;
  const runtime::RunConfig asked = load_config(options, workers);
  made.config = with_threads(asked, threads);
  made.settings = made.config.settings_of(mpi.rank(), transport::MpiEnvironment::host_name());
  made.memory =
      find_rank_memory(made.config, made.settings, static_cast<std::uint32_t>(neighbours.count),
                       neighbours.values, process_bytes);
  if (!is_server && made.config.data.delivery == runtime::Delivery::Server) {
    made.payload_bytes = runtime::payload_bytes_max(made.config);
    return made;
  }
  made.inputs = std::make_unique<runtime::RunInputs>(made.config);
  made.payload_bytes = made.inputs->parameter_count() * sizeof(float);
  if (is_server) {
    runtime::check_fits(runtime::server_needs(*made.inputs, workers), made.memory, 0, 0,
                        "the server");
    made.inputs->check_values();
    made.resume = find_checkpoint(options, *made.inputs, workers);
    made.directory = make_directory(options, asked);
  } else {
    runtime::check_worker_fits(*made.inputs, made.memory, mpi.rank());
  }
  return made;
}

/// One rank of several. Whatever is wrong with the input is found before the first message, and
/// the others are told instead of left waiting.
int train_rank(const TrainOptions& options, transport::MpiEnvironment& mpi) {
  const bool is_server = mpi.rank() == kServerRank;
  const std::atomic<bool>& stop = catch_stop_signals();
  RankInputs made;
  std::optional<ConfigError> problem;
  const std::uint64_t process_bytes = data::process_memory().resident;
  const transport::HostRanks neighbours =
      transport::MpiEnvironment::gather_on_host(data::cgroup_ids());
  const std::uint32_t threads = threads_on_host();
  try {
    made = make_inputs(options, mpi, neighbours, process_bytes, threads);
  } catch (const Error& error) {
    problem.emplace(error.what());
  }
  transport::MpiTransport transport(
      mpi, {.header_bytes_max = wire::kHeaderBytesMax, .payload_bytes_max = made.payload_bytes});
  if (problem && is_server) {
    return report(give_up(transport, protocol::StopReason::BadInput, *problem), 0);
  }
  if (problem) {
    runtime::report_bad_input(transport, problem->what());
    return 2;
  }
  nn::set_blas_threads(static_cast<int>(made.settings.threads));
  const bool is_simulated = transport::simulated_rank().has_value();
  const runtime::WorkerLimits limits{made.memory, made.settings.slowdown, !is_simulated,
                                     kill_this_rank};
  const runtime::RunOutcome outcome =
      is_server     ? serve_or_give_up(*made.inputs, *made.directory, transport,
                                       {std::cout, stop, progress_config(options.quiet),
                                        describe_kernels(made.settings.threads), kill_this_rank},
                                       made.memory, std::move(made.resume))
      : made.inputs ? runtime::work(*made.inputs, transport, limits)
                    : runtime::work_without_file(made.config, transport, limits);
  const int code = report(outcome, mpi.rank().value);
  // The process of a simulated rank is that of all ranks, and not this one's to leave.
  const bool is_broken = outcome.peers_lost || outcome.reason == protocol::StopReason::ServerLost;
  if (is_broken && !is_simulated) {
    std::cout.flush();
    transport::MpiEnvironment::leave_without_finalize(code);
  }
  return code;
}

int train(const TrainOptions& options, Arguments arguments) {
  return_freed_memory();
  refuse_strangers();
  if (!launcher_rank()) {
    return train_alone(options);
  }
  transport::MpiEnvironment mpi(arguments.argc, arguments.argv);
  if (mpi.rank_count() > 1) {
    return train_rank(options, mpi);
  }
  return transport::simulated_rank() ? train_alone(options, transport::simulated_time())
                                     : train_alone(options);
}

}  // namespace

void add_train(CLI::App& app, const Arguments& arguments, Action& action) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command = app.add_subcommand(
      "train", "Train as a run configuration says; under mpirun or srun on all ranks, else alone");
  command->add_option("config", options->config, "Run configuration (TOML)")->required();
  command->add_option("--set", options->overrides, "Override a key: --set key=value")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--out", options->out, "Run directory (default: runs/NAME)");
  command->add_option("--init", options->init,
                      "Safetensors or HDF5 file of the first weights (key model.init)");
  command->add_flag("--resume", options->resume,
                    "Go on from the newest checkpoint of the run directory, if there is one");
  command->add_flag("--quiet", options->quiet, "No progress on the screen");
  command->callback([options, arguments, &action] {
    action = [options, arguments] { return train(*options, arguments); };
  });
}

}  // namespace hermes::cli
