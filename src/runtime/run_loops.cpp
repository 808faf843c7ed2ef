#include "hermes/runtime/run_loops.hpp"

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>
#include <variant>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/runtime/channel.hpp"
#include "hermes/runtime/fault_injector.hpp"
#include "hermes/runtime/model_store.hpp"
#include "hermes/runtime/served_rows.hpp"
#include "hermes/runtime/server_node.hpp"
#include "hermes/runtime/trainer.hpp"
#include "hermes/runtime/worker_node.hpp"
#include "hermes/telemetry/human_units.hpp"
#include "hermes/transport/in_proc_network.hpp"
#include "hermes/transport/simulator.hpp"
#include "hermes/wire/codec.hpp"
#include "runtime/row_slices.hpp"

namespace hermes::runtime {
namespace {

constexpr Duration kIdleWait = seconds(0.001);
constexpr Duration kFarewell = seconds(5.0);
constexpr Duration kStarting =
    seconds(10.0);  // so long a stop waits for workers that are about to come
constexpr std::string_view kKilled = "killed by the fault plan";
constexpr std::string_view kSequential = "sequential";  // the strategy of one rank alone

telemetry::RunRecorderConfig recorder_config(const RunInputs& inputs, const RunDirectory& directory,
                                             std::string_view strategy, std::uint32_t workers,
                                             const telemetry::ProgressConfig& progress,
                                             bool goes_on) {
  const RunConfig& config = inputs.config();
  telemetry::RunRecorderConfig recorder;
  recorder.directory = directory.path();
  recorder.facts = {.run = config.name,
                    .strategy = std::string(strategy),
                    .workers = workers,
                    .seed = config.seed,
                    .target_accuracy = config.stop.server.target_accuracy};
  recorder.progress = progress;
  recorder.options = config.telemetry;
  recorder.heartbeat = config.liveness.heartbeat;
  recorder.progress.max_rounds = config.stop.server.max_rounds;
  recorder.progress.max_time = config.stop.server.max_time;
  recorder.goes_on = goes_on;
  return recorder;
}

/// What rank 0 computes with, and in how much memory.
void log_surroundings(const Console& console, const RankMemory& memory, const MemoryNeeds& needs,
                      Instant now, telemetry::RunRecorder& recorder) {
  if (!console.kernels.empty()) {
    recorder.info("rank 0: " + console.kernels, now);
  }
  if (const data::MemoryLimit* limit = memory.budget.decisive()) {
    recorder.info("memory of rank 0: budget " + telemetry::human_bytes(memory.budget.bytes()) +
                      " (" + describe(*limit) + "), process " +
                      telemetry::human_bytes(memory.process_bytes) + ", run at least " +
                      telemetry::human_bytes(needs.model.bytes(0, 0)),
                  now);
  }
}

/// Shows the workers to who asked for them.
void answer(const Console& console, Instant now, telemetry::RunRecorder& recorder) {
  if (console.asked != nullptr && console.asked->exchange(false)) {
    recorder.show_workers(now);
  }
}

/// What is left to do for rank 0 when the workers have gone.
void conclude(const RunInputs& inputs, const RunDirectory& directory, std::string_view strategy,
              ServerNode& node, telemetry::RunRecorder& recorder) {
  std::optional<telemetry::TestResult> test;
  if (const std::optional<BestModel>& best = node.best()) {
    if (inputs.plan().test().row_count() > 0) {
      const EvaluationResult result = node.test(best->parameters);
      test = telemetry::TestResult{result.loss, result.accuracy};
    }
    const std::span<const float> values = best->parameters.values();
    save_model(directory.model_file(),
               StoredModel{.spec = inputs.model(),
                           .loss = inputs.config().train.loss,
                           .parameters = {values.begin(), values.end()},
                           .run = inputs.config().name,
                           .strategy = std::string(strategy),
                           .version = best->version.value,
                           .validation_loss = best->validation_loss,
                           .validation_accuracy = best->validation_accuracy});
  } else {
    recorder.warn("no update was merged and evaluated, so there is no model to save", node.now());
  }
  recorder.finish(test, node.now(), node.bytes());
}

std::optional<SharedParameters> best_of(const ServerNode& node) {
  return node.best() ? std::optional(node.best()->parameters) : std::nullopt;
}

/// Where checkpoints go, if the run makes any. On a simulated cluster nothing can be interrupted.
std::optional<std::filesystem::path> checkpoint_directory(const RunInputs& inputs,
                                                          const RunDirectory& directory) {
  const bool makes_some =
      inputs.config().checkpoint.keep > 0 && !transport::simulated_rank().has_value();
  return makes_some ? std::optional(directory.checkpoints()) : std::nullopt;
}

}  // namespace

RunOutcome serve(const RunInputs& inputs, const RunDirectory& directory,
                 transport::Transport& transport, const Console& console, const RankMemory& memory,
                 std::optional<Checkpoint> resume) {
  const auto workers = static_cast<std::uint32_t>(transport.rank_count() - 1);
  inputs.check_workers(workers);
  const std::string strategy = inputs.strategy_name();
  FaultInjector faults(inputs.config().faults, transport, console.kill);
  Channel channel(faults.transport(), inputs.parameter_count(), inputs.config().payload_down());
  telemetry::RunRecorder recorder(
      recorder_config(inputs, directory, strategy, workers, console.progress, resume.has_value()),
      console.screen);
  ServerNode node(inputs, workers, channel, recorder, checkpoint_directory(inputs, directory),
                  std::move(resume));
  log_surroundings(console, memory, server_needs(inputs, workers), node.now(), recorder);
  const Instant begin = node.now();
  bool is_interrupted = false;
  while (!node.is_finished()) {
    // At the start workers are about to come; then there is something to save.
    const bool is_starting = node.is_gathering() && node.now() - begin < kStarting;
    if (console.stop && !is_starting && !std::exchange(is_interrupted, true)) {
      node.interrupt(protocol::StopReason::Interrupted);
    }
    answer(console, node.now(), recorder);
    faults.strike(0);
    if (faults.is_killed()) {
      return {protocol::StopReason::Failed, std::string(kKilled)};
    }
    if (faults.is_frozen()) {
      faults.wait();
    } else if (!node.turn()) {
      channel.wait(kIdleWait);
    }
  }
  channel.flush(kFarewell);
  const bool is_saved = node.finish_checkpoints();
  conclude(inputs, directory, strategy, node, recorder);
  return {node.reason(), node.detail(), node.workers_lost() > 0, is_saved, best_of(node)};
}

namespace {

RunOutcome work(const RunInputs& inputs, Channel& channel, Trainer& trainer,
                const WorkerLimits& limits, FaultInjector& faults) {
  WorkerNode node(inputs, channel, trainer, limits);
  while (!node.is_finished()) {
    while (const std::optional<Fault> fault = faults.strike(node.rounds())) {
      node.suffer(*fault);
    }
    if (faults.is_killed()) {
      return {protocol::StopReason::Failed, std::string(kKilled)};
    }
    if (faults.is_frozen()) {
      faults.wait();
    } else if (!node.turn()) {
      node.rest();
    }
  }
  channel.flush(kFarewell);
  return {node.reason(), node.detail(), node.peers_lost()};
}

/// What rank 0 says of the data set, or why there is nothing to work for.
using DatasetAnswer = std::variant<data::DatasetInfo, RunOutcome>;

DatasetAnswer ask_for_dataset(const RunConfig& config, transport::Transport& transport) {
  Channel channel(transport, 0);
  std::optional<data::DatasetInfo> info;
  channel.hand_data_to([&info](Rank, const wire::DataMessage& message) {
    if (std::holds_alternative<wire::DatasetFacts>(message.body)) {
      info = info_of(message);
    }
  });
  channel.send(kServerRank, wire::DataMessage{wire::AskDataset{}, {}});
  const Instant deadline = channel.now() + config.liveness.server_timeout;
  while (channel.now() < deadline) {
    const std::optional<Channel::Incoming> incoming = channel.receive();
    if (incoming && incoming->message) {
      if (const auto* stop = std::get_if<protocol::Stop>(&incoming->message->body)) {
        return RunOutcome{stop->reason, stop->detail, stop->workers_lost > 0};
      }
    }
    if (info) {
      return *info;
    }
    if (!incoming) {
      channel.wait(kIdleWait);
    }
  }
  return RunOutcome{protocol::StopReason::ServerLost, "the server said nothing of the data", false};
}

}  // namespace

RunOutcome work(const RunInputs& inputs, transport::Transport& transport,
                const WorkerLimits& limits) {
  FaultInjector faults(inputs.config().faults, transport, limits.kill);
  Channel channel(faults.transport(), inputs.parameter_count(), inputs.config().payload_up());
  if (inputs.has_file()) {
    Trainer trainer(inputs, transport.rank());
    return work(inputs, channel, trainer, limits, faults);
  }
  auto rows = std::make_unique<ServedRows>(channel);
  channel.hand_data_to(
      [served = rows.get()](Rank, const wire::DataMessage& message) { served->take(message); });
  Trainer trainer(inputs, transport.rank(), std::move(rows));
  return work(inputs, channel, trainer, limits, faults);
}

RunOutcome work_without_file(const RunConfig& config, transport::Transport& transport,
                             const WorkerLimits& limits) {
  try {
    const DatasetAnswer answer = ask_for_dataset(config, transport);
    if (const auto* outcome = std::get_if<RunOutcome>(&answer)) {
      return *outcome;
    }
    const RunInputs inputs(config, std::get<data::DatasetInfo>(answer));
    check_worker_fits(inputs, limits.memory, transport.rank());
    return work(inputs, transport, limits);
  } catch (const ConfigError& error) {
    report_bad_input(transport, error.what());
    return {protocol::StopReason::BadInput, error.what(), false};
  } catch (const DataError& error) {
    report_bad_input(transport, error.what());
    return {protocol::StopReason::BadInput, error.what(), false};
  }
}

RunOutcome train_alone(const RunInputs& inputs, const RunDirectory& directory,
                       const Console& console, const WorkerLimits& limits,
                       const transport::LocalTime& time, std::optional<Checkpoint> resume) {
  HERMES_ASSERT(inputs.config().strategy.type == StrategyKind::Bsp,
                "one rank alone follows the rules of bsp");
  HERMES_ASSERT(!inputs.config().has_lossy_payload(), "one rank alone has no wire");
  transport::InProcNetwork network(2,
                                   {.header_bytes_max = wire::kHeaderBytesMax,
                                    .payload_bytes_max = inputs.parameter_count() * sizeof(float)},
                                   time);
  const Rank worker_rank{1};
  const std::unique_ptr<transport::Transport> server_side = network.endpoint(kServerRank);
  const std::unique_ptr<transport::Transport> worker_side = network.endpoint(worker_rank);
  constexpr auto kAsInMemory = wire::PayloadEncoding::Fp32;
  const std::uint64_t count = inputs.parameter_count();
  Channel server_channel(*server_side, count, kAsInMemory, Channel::Wire::None);
  Channel worker_channel(*worker_side, count, kAsInMemory, Channel::Wire::None);
  telemetry::RunRecorder recorder(
      recorder_config(inputs, directory, kSequential, 1, console.progress, resume.has_value()),
      console.screen);
  Trainer trainer(inputs, worker_rank);
  ServerNode server(inputs, 1, server_channel, recorder, checkpoint_directory(inputs, directory),
                    std::move(resume));
  log_surroundings(console, limits.memory, alone_needs(inputs), server.now(), recorder);
  WorkerNode worker(inputs, worker_channel, trainer, limits);
  bool is_interrupted = false;
  while (!server.is_finished()) {
    if (console.stop && !std::exchange(is_interrupted, true)) {
      server.interrupt(protocol::StopReason::Interrupted);
    }
    answer(console, server.now(), recorder);
    const bool has_served = server.turn();
    const bool has_worked = !worker.is_finished() && worker.turn();
    if (!has_served && !has_worked) {
      worker_channel.wait(kIdleWait);
    }
  }
  const bool is_saved = server.finish_checkpoints();
  conclude(inputs, directory, kSequential, server, recorder);
  return {server.reason(), worker.detail(), false, is_saved, best_of(server)};
}

void turn_workers_away(transport::Transport& transport, protocol::StopReason reason) {
  Channel channel(transport, 0);
  for (std::int32_t rank = 1; rank < transport.rank_count(); ++rank) {
    channel.send(Rank{rank}, {protocol::Stop{reason, 0, {}}, {}});
  }
  channel.flush(kFarewell);
}

void report_bad_input(transport::Transport& transport, const std::string& what) {
  Channel channel(transport, 0);
  channel.send(kServerRank, {protocol::Leave{protocol::StopReason::BadInput, {}, what}, {}});
  channel.flush(kFarewell);
}

int exit_code(const RunOutcome& outcome) {
  using protocol::StopReason;
  constexpr int kGoOnLater = 75;  // EX_TEMPFAIL
  switch (outcome.reason) {
    case StopReason::Patience:
    case StopReason::TargetAccuracy:
    case StopReason::MaxRounds:
    case StopReason::MaxSeconds:
    case StopReason::MaxBytes:
      return 0;
    case StopReason::Refused:
    case StopReason::BadInput:
      return 2;
    case StopReason::Interrupted:
    case StopReason::NoWorkers:
      return outcome.is_saved ? kGoOnLater : 3;
    case StopReason::Failed:
    case StopReason::ServerLost:
      return 3;
  }
  return 3;
}

}  // namespace hermes::runtime
