#include "hermes/session/train_job.hpp"

#include <algorithm>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/data/process_memory.hpp"
#include "hermes/nn/blas.hpp"
#include "hermes/runtime/resumption.hpp"
#include "hermes/runtime/run_loops.hpp"
#include "hermes/session/blas_choice.hpp"
#include "hermes/session/console.hpp"
#include "hermes/session/neighbours.hpp"
#include "hermes/session/rank_memory.hpp"
#include "hermes/transport/mpi_environment.hpp"
#include "hermes/transport/mpi_transport.hpp"
#include "hermes/transport/simulator.hpp"
#include "hermes/wire/codec.hpp"

namespace hermes::session {
namespace {

/// The configuration, found to fit so many workers.
runtime::RunConfig load_config(const TrainJob& job, std::uint32_t workers) {
  runtime::RunConfig config = job.config();
  if (workers < config.cluster.min_workers) {
    throw ConfigError(job.origin + ": key 'cluster.min_workers': expected at least " +
                      std::to_string(config.cluster.min_workers) +
                      " workers beside the server, found " + std::to_string(workers) +
                      " (start with mpirun -np " + std::to_string(config.cluster.min_workers + 1) +
                      ")");
  }
  for (const runtime::Fault& fault : config.faults) {
    if (workers == 0 || fault.rank > workers) {
      throw ConfigError(job.origin + ": key 'fault.rank': expected a rank of a run with " +
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

runtime::RunDirectory make_directory(const TrainJob& job, const runtime::RunConfig& config) {
  return {job.out, config, job.resume};
}

/// What the run goes on from: with --resume, and where there is something. Where there is nothing
/// but damaged checkpoints, the run does not begin anew over them.
std::optional<runtime::Checkpoint> find_checkpoint(const TrainJob& job,
                                                   const runtime::RunInputs& inputs,
                                                   std::uint32_t workers) {
  if (!job.resume) {
    return std::nullopt;
  }
  const std::filesystem::path run =
      job.out.value_or(std::filesystem::path("runs") / inputs.config().name);
  const std::filesystem::path directory = runtime::RunDirectory::checkpoints_of(run);
  std::optional<runtime::FoundCheckpoint> found =
      runtime::newest_checkpoint(directory, say, nn::custom_layers(inputs.model()));
  if (!found) {
    if (const std::size_t damaged = runtime::checkpoint_numbers(directory).size(); damaged > 0) {
      throw DataError(directory.string() + ": expected a checkpoint that can be read, found " +
                      std::to_string(damaged) + " that cannot; without them the run begins anew");
    }
    return std::nullopt;
  }
  runtime::check_resumable(*found, inputs, workers);
  runtime::set_aside_newer(found->file);
  return std::move(found->content);
}

TrainResult report(runtime::RunOutcome outcome, int rank) {
  const int code = runtime::exit_code(outcome);
  // A worker speaks up only about what the server cannot know.
  const bool is_own_news = rank == 0 || outcome.reason == protocol::StopReason::ServerLost;
  report_exit_code(code);  // before MPI ends, which a dying rank may hold up
  if (code == 0 || !is_own_news) {
    return {code, std::move(outcome)};
  }
  if (outcome.reason == protocol::StopReason::BadInput && !outcome.detail.empty()) {
    say(outcome.detail);  // as for any other wrong input
  } else {
    say("rank " + std::to_string(rank) +
        ": stopped: " + std::string(protocol::to_string(outcome.reason)) +
        (outcome.detail.empty() ? "" : ": ") + outcome.detail +
        (outcome.is_saved ? "; hermes train --resume goes on from the checkpoint" : ""));
  }
  return {code, std::move(outcome)};
}

TrainResult train_alone(const Session& session, const TrainJob& job) {
  const std::uint64_t process_bytes = data::process_memory().resident;
  const runtime::RunConfig asked = load_config(job, 0);
  const runtime::RunInputs inputs(with_threads(asked, blas_threads(own_cores(), {})),
                                  {job.own.model, {}});
  const runtime::RunConfig& config = inputs.config();
  const runtime::RankSettings settings = config.settings_of(Rank{1}, host_name());
  const runtime::WorkerLimits limits{find_rank_memory(config, settings, 1, {}, process_bytes),
                                     settings.slowdown, !transport::simulated_rank()};
  runtime::check_fits(runtime::alone_needs(inputs), limits.memory, runtime::rows_min(inputs),
                      config.train.minibatch, "rank 0");
  inputs.check_values();
  std::optional<runtime::Checkpoint> resume = find_checkpoint(job, inputs, 1);
  const runtime::RunDirectory directory = make_directory(job, asked);
  nn::set_blas_threads(static_cast<int>(settings.threads));
  runtime::Console console{std::cout, catch_stop_signals(), progress_config(job.quiet),
                           describe_kernels(settings.threads)};
  console.asked = &catch_inquiries();
  return report(runtime::train_alone(inputs, directory, console, limits, session.local_time(),
                                     std::move(resume)),
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

RankInputs make_inputs(const TrainJob& job, const transport::MpiEnvironment& mpi,
                       const Neighbours& neighbours, std::uint64_t process_bytes) {
  const bool is_server = mpi.rank() == kServerRank;
  const auto workers = static_cast<std::uint32_t>(mpi.rank_count() - 1);
  RankInputs made;
  const runtime::RunConfig asked = load_config(job, workers);
  made.config = with_threads(asked, neighbours.threads);
  made.settings = made.config.settings_of(mpi.rank(), transport::MpiEnvironment::host_name());
  made.memory = find_rank_memory(made.config, made.settings,
                                 static_cast<std::uint32_t>(neighbours.ranks.count),
                                 neighbours.ranks.values, process_bytes);
  if (!is_server && made.config.data.delivery == runtime::Delivery::Server) {
    made.payload_bytes = runtime::payload_bytes_max(made.config);
    return made;
  }
  made.inputs = std::make_unique<runtime::RunInputs>(made.config, job.own);
  made.payload_bytes = made.inputs->parameter_count() * sizeof(float);
  if (is_server) {
    runtime::check_fits(runtime::server_needs(*made.inputs, workers), made.memory, 0, 0,
                        "the server");
    made.inputs->check_values();
    made.resume = find_checkpoint(job, *made.inputs, workers);
    made.directory = make_directory(job, asked);
  } else {
    runtime::check_worker_fits(*made.inputs, made.memory, mpi.rank());
  }
  return made;
}

/// One rank of several. Whatever is wrong with the input is found before the first message, and
/// the others are told instead of left waiting.
TrainResult train_rank(const TrainJob& job, Session& session) {
  transport::MpiEnvironment& mpi = session.mpi();
  const bool is_server = mpi.rank() == kServerRank;
  const std::atomic<bool>& stop = catch_stop_signals();
  std::atomic<bool>& asked = catch_inquiries();  // on every rank, or it would end the others
  RankInputs made;
  std::optional<ConfigError> problem;
  const std::uint64_t process_bytes = data::process_memory().resident;
  try {
    made = make_inputs(job, mpi, session.neighbours(), process_bytes);
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
    return {2, {protocol::StopReason::BadInput, problem->what()}};
  }
  nn::set_blas_threads(static_cast<int>(made.settings.threads));
  const bool is_simulated = transport::simulated_rank().has_value();
  const runtime::WorkerLimits limits{made.memory, made.settings.slowdown, !is_simulated,
                                     kill_this_rank};
  runtime::RunOutcome outcome =
      is_server
          ? serve_or_give_up(*made.inputs, *made.directory, transport,
                             {std::cout, stop, progress_config(job.quiet),
                              describe_kernels(made.settings.threads), kill_this_rank, &asked},
                             made.memory, std::move(made.resume))
      : made.inputs ? runtime::work(*made.inputs, transport, limits)
                    : runtime::work_without_file(made.config, transport, limits);
  if (outcome.peers_lost || outcome.reason == protocol::StopReason::ServerLost) {
    mpi.forbid_finalize();
  }
  return report(std::move(outcome), mpi.rank().value);
}

}  // namespace

TrainResult train(Session& session, const TrainJob& job) {
  return session.rank_count() > 1 ? train_rank(job, session) : train_alone(session, job);
}

}  // namespace hermes::session
