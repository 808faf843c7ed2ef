// States of the protocol in a checkpoint, of a server and of a worker. Input: a byte that chooses
// the strategy and whose state; then edits of a state that was saved in earnest (fuzz_target.hpp).

#include <array>
#include <memory>
#include <utility>

#include "fuzz_target.hpp"
#include "hermes/core/state_archive.hpp"
#include "hermes/protocol/server.hpp"
#include "protocol/server_driver.hpp"
#include "protocol/worker_driver.hpp"

namespace {

using namespace hermes;
using namespace hermes::protocol;

constexpr std::array<StrategyConfig, 7> kStrategies{HermesConfig{}, BspConfig{},  AspConfig{},
                                                    SspConfig{},    EbspConfig{}, SelSyncConfig{},
                                                    TimeboxConfig{}};

ServerDriver new_server(const StrategyConfig& strategy) {
  ServerConfig config = server_config(2);
  config.checkpoint = {.is_on = true, .every = seconds(1.0), .patience = seconds(5.0)};
  Strategy rules = make_strategy(strategy, {.allocation = AdaptiveAllocationConfig{.rows = 50}});
  const PayloadKind payload = rules.merge->payload();
  ServerDriver server(std::move(rules), config);
  server.payload_kind = payload;
  return server;
}

/// Its executor: computes the losses that it asks for.
void answer(ServerDriver& server, double now) {
  for (const Evaluate& asked : server.effects_of<Evaluate>()) {
    server.step(Evaluated{.version = asked.version, .loss = 1.0, .accuracy = 0.5}, now);
  }
  for (const MeasureUpdate& asked : server.effects_of<MeasureUpdate>()) {
    server.step(UpdateMeasured{.rank = asked.rank, .ticket = asked.ticket, .loss = 1.0}, now);
  }
}

void push(ServerDriver& server, int rank, double now, bool captured = true) {
  Report report = server.next_report(rank);
  report.captured = captured;
  server.say(rank, report, now, shared({1.0F, 2.0F}));
}

Bytes saved_server(const StrategyConfig& strategy) {
  ServerDriver server = new_server(strategy);
  server.join_all();
  push(server, 1, 1.0, false);
  push(server, 2, 1.5, false);
  for (double now = 2.0; now < 9.0; now += 1.0) {
    server.tick(now);
    answer(server, now);
    for (const int rank : {1, 2}) {
      push(server, rank, now + 0.5);
      if (auto saved = server.effects_of<SaveCheckpoint>(); !saved.empty()) {
        return std::move(saved.front().state);
      }
    }
  }
  fuzz::report_finding("a checkpoint", "none");
}

WorkerDriver new_worker(const StrategyConfig& strategy) {
  return WorkerDriver(make_strategy(strategy, {.rank = Rank{1}}).push);
}

Bytes saved_worker(const StrategyConfig& strategy) {
  WorkerDriver worker = new_worker(strategy);
  worker.begin();
  worker.hear(Capture{true}, 0.5);
  worker.finish_round(1.0);
  StateWriter state;
  worker.worker().save(state);
  return std::move(state).take();
}

/// What a resumed server makes of its workers, of their next reports and of time that passes.
void go_on(ServerDriver& server) {
  server.join_all(20.0);
  for (double now = 21.0; now < 30.0; now += 1.0) {
    answer(server, now);
    for (const int rank : {1, 2}) {
      Report report = server.next_report(rank);
      report.round = Round{server.peer(rank).reported.value + 1};
      report.captured = true;
      server.say(rank, report, now + 0.5, shared({1.0F, 2.0F}));
      answer(server, now + 0.5);
    }
    server.tick(now + 0.6);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const StrategyConfig& strategy = kStrategies[data[0] / 2 % kStrategies.size()];
  const std::span<const std::uint8_t> edits = std::span(data, size).subspan(1);
  if (data[0] % 2 == 0) {
    const Bytes state = fuzz::edited(saved_server(strategy), edits);
    ServerDriver server = new_server(strategy);
    fuzz::takes([&] {
      server.resume(state);
      go_on(server);
    });
    return 0;
  }
  const Bytes state = fuzz::edited(saved_worker(strategy), edits);
  fuzz::takes([&] {
    StateReader reader(state);
    WorkerDriver worker = new_worker(strategy);
    worker.resume(reader, 20.0);
    worker.hear(WorkerDriver::release(std::uint64_t{1} << 62U), 21.0);
    if (worker.worker().state() == WorkerState::Loading) {
      worker.step(AssignmentLoaded{}, 21.5);
      worker.finish_round(22.0);
    }
  });
  return 0;
}
