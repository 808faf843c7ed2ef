#include "protocol/harness/scenario.hpp"

#include <type_traits>
#include <variant>

#include "hermes/core/random.hpp"
#include "protocol/harness/toy_problem.hpp"

namespace hermes::protocol::harness {
namespace {

Timing draw_timing(std::uint64_t seed, std::uint32_t workers) {
  RandomStream random(seed, RandomPurpose::Test, 2);
  const auto rarely = [&random] { return random.uniform() < 0.1; };
  Timing timing;
  timing.seed = seed;
  timing.delay_mean = seconds(0.001 + 0.05 * random.uniform());
  for (std::uint32_t i = 0; i < workers; ++i) {
    const double straggling = rarely() ? 6.0 : 1.0;
    timing.round.push_back(seconds(straggling * (0.05 + 0.4 * random.uniform())));
  }
  timing.load = seconds(rarely() ? 4.0 : 0.3 * random.uniform());
  timing.evaluation = seconds(rarely() ? 2.0 : 0.01 + 0.2 * random.uniform());
  return timing;
}

ServerConfig draw_server(RandomStream& random) {
  ServerConfig server;
  server.workers = static_cast<std::uint32_t>(1 + random.below(6));
  server.program_version = "test";
  server.traits = {{"data set", 7}};
  server.liveness = LivenessConfig{.heartbeat = seconds(0.5),
                                   .worker_timeout = seconds(3.0),
                                   .server_timeout = seconds(12.0),
                                   .gather_timeout = seconds(8.0),
                                   .drain_timeout = seconds(4.0),
                                   .deviations = 8.0};
  // Every run has a limit of rounds; the other limits come on top.
  server.stop = StopConfig{.patience = random.uniform() < 0.3 ? 3 + random.below(10) : 0,
                           .max_rounds = 4 + random.below(30),
                           .max_time = seconds(random.uniform() < 0.1 ? 5.0 : 0.0),
                           .target_accuracy = random.uniform() < 0.1 ? 0.6 : 0.0};
  server.evaluate_every = 1 + random.below(3);
  constexpr PartitionKind kKinds[] = {PartitionKind::Shared, PartitionKind::Disjoint,
                                      PartitionKind::ByLabel};
  server.partition = PartitionConfig{.kind = kKinds[random.below(3)],
                                     .seed = random.next(),
                                     .train_rows = 600,
                                     .workers = server.workers};
  return server;
}

/// Draws other settings of a strategy, each of which takes another path through the code.
struct Variation {
  RandomStream& random;

  bool happens(double probability) const { return random.uniform() < probability; }
  std::uint32_t below(std::uint32_t end) const {
    return static_cast<std::uint32_t>(random.below(end));
  }
  void vary(ServerOptimizerConfig& server) const {
    constexpr ServerOptimizerKind kKinds[] = {
        ServerOptimizerKind::Sgd, ServerOptimizerKind::Momentum, ServerOptimizerKind::Nesterov,
        ServerOptimizerKind::Adam};
    if (happens(0.5)) {
      server.kind = kKinds[below(4)];
      server.learning_rate = server.kind == ServerOptimizerKind::Sgd ? 0.5 : 0.1;
      server.momentum = 0.7;
    }
  }

  void operator()(BspConfig& bsp) const { vary(bsp.server); }
  void operator()(AspConfig& asp) const { vary(asp.server); }
  void operator()(SspConfig& ssp) const {
    vary(ssp.server);
    ssp.staleness = below(6);
  }
  void operator()(EbspConfig& ebsp) const {
    vary(ebsp.server);
    ebsp.horizon = 1 + below(8);
  }
  void operator()(SelSyncConfig& selsync) const {
    constexpr double kDeltas[] = {0.0, 0.05, 0.15, 0.3};
    selsync.delta = kDeltas[below(4)];
    selsync.window = below(6);
    selsync.smoothing = happens(0.5) ? 0.16 : 0.8;
  }
  void operator()(HermesConfig& hermes) const {
    hermes.gate.alpha = happens(0.5) ? -1.3 : -0.5;
    hermes.gate.lambda = 1 + below(5);
    hermes.gate.clear_window = happens(0.7);
    hermes.gate.reset_threshold = happens(0.5);
    hermes.staleness_exponent = happens(0.5) ? 0.0 : 0.5;
    hermes.merge = happens(0.6) ? HermesMerge::LossWeighted : HermesMerge::Delta;
    hermes.weights = happens(0.5) ? LossSource::Worker : LossSource::Server;
    hermes.overlap = happens(0.5);
    vary(hermes.server);
  }
  void operator()(TimeboxConfig& timebox) const {
    constexpr double kCuts[] = {0.0, 0.0, 0.5, 0.8};
    vary(timebox.server);
    timebox.box_seconds = happens(0.5) ? 0.0 : 0.1 + 0.5 * random.uniform();
    timebox.grace = 0.5 * below(3);
    timebox.contribution_cut = kCuts[below(4)];
  }
};

StrategyConfig vary(const StrategyConfig& strategy, RandomStream& random) {
  StrategyConfig varied = strategy;
  std::visit(Variation{random}, varied);
  return varied;
}

}  // namespace

StrategyContext Scenario::context(Rank rank) const {
  return {.allocation = allocation, .memory = memory, .seed = seed, .rank = rank};
}

std::uint64_t Scenario::memory_of(Rank worker) const {
  return memory_budgets.empty() ? 0 : memory_budgets[static_cast<std::size_t>(worker.value) - 1];
}

Scenario calm_scenario(const StrategyConfig& strategy, std::uint64_t seed,
                       std::uint64_t timing_seed) {
  RandomStream random(seed, RandomPurpose::Test, 3);
  Scenario scenario;
  scenario.seed = seed;
  scenario.strategy = vary(strategy, random);
  scenario.allocation = StaticAllocationConfig{.rows = 50, .minibatch = toy::kMinibatch};
  scenario.server = draw_server(random);
  RandomStream saving(seed, RandomPurpose::Test, 5);  // of its own: the rest is as without
  scenario.server.checkpoint = {.is_on = saving.uniform() < 0.5,
                                .every = seconds(0.2 + 2.0 * saving.uniform()),
                                .patience = seconds(2.0)};
  scenario.timing = draw_timing(timing_seed, scenario.workers());
  return scenario;
}

Scenario rough_scenario(const StrategyConfig& strategy, std::uint64_t seed) {
  Scenario scenario = calm_scenario(strategy, seed, seed);
  scenario.faults = draw_faults(seed, scenario.workers(), seconds(20.0));
  return scenario;
}

Scenario adaptive_scenario(const StrategyConfig& strategy, std::uint64_t seed) {
  Scenario scenario = rough_scenario(strategy, seed);
  RandomStream random(seed, RandomPurpose::Test, 4);
  scenario.allocation =
      AdaptiveAllocationConfig{.rows = 50,
                               .minibatch = toy::kMinibatch,
                               .rows_min = 1 + random.below(60),
                               .minibatch_min = 1U << random.below(3),
                               .minibatch_max = 1U << (2 + random.below(4)),
                               .outlying_rounds = static_cast<std::uint32_t>(1 + random.below(3))};
  // From three rows beside one of a mini-batch to all rows beside a large one.
  scenario.memory =
      MemoryModel{.fixed_bytes = 1000, .bytes_per_shard_row = 10, .bytes_per_minibatch_row = 20};
  for (std::uint32_t i = 0; i < scenario.workers(); ++i) {
    scenario.memory_budgets.push_back(
        1050 + (random.uniform() < 0.5 ? random.below(1000) : random.below(8000)));
  }
  return scenario;
}

}  // namespace hermes::protocol::harness
