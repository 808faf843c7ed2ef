#include "runtime/config/check_run_config.hpp"

#include <bit>
#include <string>
#include <vector>

#include "runtime/config/toml_text.hpp"

namespace hermes::runtime {
namespace {

void check_train(const TrainSettings& train, const TomlTable& table) {
  if (train.optimizer.type == OptimizerKind::Sgd && train.optimizer.nesterov &&
      train.optimizer.momentum == 0.0) {
    table.fail("train.optimizer.nesterov", "false, as train.optimizer.momentum is 0");
  }
  if (train.schedule.type == ScheduleKind::Step && train.schedule.every_steps == 0) {
    table.fail("train.schedule.every_steps", "an integer >= 1, as train.schedule.type is 'step'");
  }
  if (train.schedule.type == ScheduleKind::Cosine && train.schedule.total_steps == 0) {
    table.fail("train.schedule.total_steps", "an integer >= 1, as train.schedule.type is 'cosine'");
  }
}

void check_allocation(const AllocationSettings& allocation, const TomlTable& table) {
  const auto check = [&table](std::string_view key, std::uint32_t minibatch) {
    if (!std::has_single_bit(minibatch)) {
      table.fail(key, "a power of two", std::to_string(minibatch));
    }
  };
  check("allocation.minibatch_min", allocation.minibatch_min);
  check("allocation.minibatch_max", allocation.minibatch_max);
  if (allocation.minibatch_min > allocation.minibatch_max) {
    table.fail(
        "allocation.minibatch_min",
        "at most allocation.minibatch_max (" + std::to_string(allocation.minibatch_max) + ")",
        std::to_string(allocation.minibatch_min));
  }
}

/// Only differences to the model last pulled may be thinned out: what a push leaves behind goes out
/// with a later one. Of parameters, or of a displacement from the start, most would be missing.
void check_wire(const RunConfig& config, const TomlTable& table) {
  const protocol::StrategyConfig strategy = config.strategy_spec();
  if (config.payload_up() == wire::PayloadEncoding::Sparse &&
      protocol::make_strategy(strategy, {.lossy_payload = true}).merge->payload() !=
          protocol::PayloadKind::Delta) {
    table.fail("wire.payload", "'fp32', 'fp16', 'bf16' or 'int8', as strategy '" +
                                   std::string(protocol::strategy_name(strategy)) +
                                   "' does not merge deltas");
  }
}

void check_stop(const StopSettings& stop, const TomlTable& table) {
  const protocol::StopConfig& server = stop.server;
  if (server.patience == 0 && server.max_rounds == 0 && server.max_time == seconds(0.0) &&
      server.target_accuracy == 0.0 && stop.max_bytes == 0) {
    table.fail("stop.patience", "at least one limit in [stop]", "none");
  }
}

/// A rank that speaks once per heartbeat must not be lost between two of them.
void check_liveness(const protocol::LivenessConfig& liveness, const TomlTable& table) {
  const auto check = [&](std::string_view key, Duration timeout) {
    if (timeout <= liveness.heartbeat) {
      table.fail(
          key,
          "more than liveness.heartbeat_seconds (" + short_text(liveness.heartbeat.count()) + ")",
          short_text(timeout.count()));
    }
  };
  check("liveness.worker_timeout_seconds", liveness.worker_timeout);
  check("liveness.server_timeout_seconds", liveness.server_timeout);
}

void check_workers(const RunConfig& config, const TomlTable& table) {
  const std::vector<const toml::table*> tables = table.tables("worker");
  for (std::size_t i = 0; i < config.workers.size(); ++i) {
    const WorkerSettings& worker = config.workers[i];
    const TomlTable place(*tables[i], table.origin(), "[[worker]] " + std::to_string(i + 1) + ": ");
    if (worker.host && !worker.ranks.empty()) {
      place.fail("host", "no 'ranks' beside it", "both");
    }
    if (!worker.host && worker.ranks.empty()) {
      place.fail("ranks", "it or 'host'", "neither");
    }
  }
}

void check_fault(const Fault& fault, const TomlTable& place) {
  const bool lasts = fault.kind == FaultKind::Freeze || fault.kind == FaultKind::Cut;
  const bool is_slow = fault.kind == FaultKind::Slow;
  if (!fault.rank) {
    place.fail("rank", "whom the fault strikes", "none");
  }
  if (fault.at_seconds.has_value() == fault.at_round.has_value()) {
    place.fail("at_seconds", "it or 'at_round'", fault.at_seconds ? "both" : "neither");
  }
  if (fault.rank == 0 && fault.at_round) {
    place.fail("at_round", "'at_seconds', as the server has no rounds");
  }
  if (fault.rank == 0 && fault.kind != FaultKind::Kill && !lasts) {
    place.fail("kind", "kill, freeze or cut for the server");
  }
  if (lasts && !fault.seconds) {
    place.fail("seconds", "how long it lasts", "none");
  }
  if (!lasts && !is_slow && fault.seconds) {
    place.fail("seconds", "none, as this fault does not last");
  }
  if (is_slow != fault.factor.has_value()) {
    place.fail("factor", is_slow ? "how slow it is" : "none, as the kind is not 'slow'",
               is_slow ? "none" : short_text(*fault.factor));
  }
}

void check_faults(const RunConfig& config, const TomlTable& table) {
  const std::vector<const toml::table*> tables = table.tables("fault");
  for (std::size_t i = 0; i < config.faults.size(); ++i) {
    const std::string name = "[[fault]] " + std::to_string(i + 1) + ": ";
    check_fault(config.faults[i], TomlTable(*tables[i], table.origin(), name));
  }
}

}  // namespace

void check_run_config(const RunConfig& config, const TomlTable& table) {
  check_train(config.train, table);
  check_allocation(config.allocation, table);
  check_wire(config, table);
  check_stop(config.stop, table);
  check_liveness(config.liveness, table);
  check_workers(config, table);
  check_faults(config, table);
}

}  // namespace hermes::runtime
