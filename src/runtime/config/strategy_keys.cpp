// The keys below [strategy]; run_config_keys.cpp has the others.
#include "runtime/config/run_config_keys.hpp"

namespace hermes::runtime {
namespace {

constexpr std::array<std::string_view, 7> kStrategies{
    protocol::HermesConfig::kName,  protocol::BspConfig::kName,  protocol::AspConfig::kName,
    protocol::SspConfig::kName,     protocol::EbspConfig::kName, protocol::SelSyncConfig::kName,
    protocol::TimeboxConfig::kName,
};
constexpr std::array<std::string_view, 4> kServerOptimizers{"sgd", "momentum", "nesterov", "adam"};
constexpr std::array<std::string_view, 3> kGates{"zscore", "coin", "period"};
constexpr std::array<std::string_view, 2> kHermesMerges{"loss_weighted", "delta"};
constexpr std::array<std::string_view, 2> kLossSources{"worker", "server"};

/// The names of a strategy's server optimizer settings.
struct ServerKeys {
  std::string_view optimizer;
  std::string_view learning_rate;
  std::string_view momentum;
  std::string_view beta2;
  std::string_view epsilon;
};
constexpr ServerKeys kHermesServer{
    "strategy.hermes.server_optimizer", "strategy.hermes.server_learning_rate",
    "strategy.hermes.server_momentum", "strategy.hermes.server_beta2",
    "strategy.hermes.server_epsilon"};
constexpr ServerKeys kBspServer{"strategy.bsp.server_optimizer",
                                "strategy.bsp.server_learning_rate", "strategy.bsp.server_momentum",
                                "strategy.bsp.server_beta2", "strategy.bsp.server_epsilon"};
constexpr ServerKeys kAspServer{"strategy.asp.server_optimizer",
                                "strategy.asp.server_learning_rate", "strategy.asp.server_momentum",
                                "strategy.asp.server_beta2", "strategy.asp.server_epsilon"};
constexpr ServerKeys kSspServer{"strategy.ssp.server_optimizer",
                                "strategy.ssp.server_learning_rate", "strategy.ssp.server_momentum",
                                "strategy.ssp.server_beta2", "strategy.ssp.server_epsilon"};
constexpr ServerKeys kEbspServer{
    "strategy.ebsp.server_optimizer", "strategy.ebsp.server_learning_rate",
    "strategy.ebsp.server_momentum", "strategy.ebsp.server_beta2", "strategy.ebsp.server_epsilon"};
constexpr ServerKeys kTimeboxServer{
    "strategy.timebox.server_optimizer", "strategy.timebox.server_learning_rate",
    "strategy.timebox.server_momentum", "strategy.timebox.server_beta2",
    "strategy.timebox.server_epsilon"};

void visit(KeyVisitor& v, const ServerKeys& keys, protocol::ServerOptimizerConfig& server) {
  v.choice({keys.optimizer, "how the server steps along what the workers learned"}, server.kind,
           kServerOptimizers);
  v.real({keys.learning_rate, "server: that step is multiplied by this"}, server.learning_rate,
         RealRange::positive());
  v.real({keys.momentum, "server: momentum, nesterov, adam: part of the last step that is kept"},
         server.momentum, RealRange::unit_without_one());
  v.real({keys.beta2, "server: adam: decay of the mean squared step"}, server.beta2,
         RealRange::unit_without_one());
  v.real({keys.epsilon, "server: adam: keeps the denominator from zero"}, server.epsilon,
         RealRange::positive());
}

void visit(KeyVisitor& v, protocol::HermesConfig& hermes) {
  v.choice(
      {"strategy.hermes.gate",
       "what decides on a push: the z-score of the validation loss, or for comparison a coin or "
       "every k-th round"},
      hermes.gate.kind, kGates);
  v.real({"strategy.hermes.alpha", "gate: first threshold of the z-score"}, hermes.gate.alpha,
         RealRange::any());
  v.real({"strategy.hermes.beta", "gate: decay of the threshold per silent round"},
         hermes.gate.beta, RealRange::unit());
  v.small_integer({"strategy.hermes.lambda", "gate: silent rounds before the threshold decays"},
                  hermes.gate.lambda, {.min = 1});
  v.small_integer({"strategy.hermes.window", "gate: losses that the z-score is taken over"},
                  hermes.gate.window, {.min = 2, .max = 1'000'000});
  v.flag({"strategy.hermes.clear_window", "gate: forget the losses after a push"},
         hermes.gate.clear_window);
  v.flag({"strategy.hermes.reset_threshold", "gate: go back to alpha after a push"},
         hermes.gate.reset_threshold);
  v.small_integer({"strategy.hermes.max_silent",
                   "gate: push anyway in this silent round; 0: never (label-sorted rows need it)"},
                  hermes.gate.max_silent, {});
  v.real({"strategy.hermes.push_probability", "gate = coin: chance of a push after each round"},
         hermes.gate.push_probability, RealRange::unit());
  v.small_integer({"strategy.hermes.push_period", "gate = period: rounds per push"},
                  hermes.gate.push_period, {.min = 1});
  v.real({"strategy.hermes.staleness_exponent",
          "merge: c in the weight (1 + staleness)^-c of an update"},
         hermes.staleness_exponent, RealRange::not_negative());
  v.choice({"strategy.hermes.merge",
            "average by loss, or add each delta as asp does (with the server optimizer below)"},
           hermes.merge, kHermesMerges);
  v.choice({"strategy.hermes.weights", "merge: who measures the loss that weighs an update"},
           hermes.weights, kLossSources);
  v.flag({"strategy.hermes.overlap", "train on while a push is in flight"}, hermes.overlap);
  visit(v, kHermesServer, hermes.server);
}

void visit(KeyVisitor& v, protocol::SelSyncConfig& selsync) {
  v.real({"strategy.selsync.delta", "relative change of the gradient norm that synchronises all"},
         selsync.delta, RealRange::not_negative());
  v.small_integer({"strategy.selsync.window", "first rounds, which are always synchronised"},
                  selsync.window, {});
  v.real({"strategy.selsync.smoothing", "weight of the newest squared norm in the moving average"},
         selsync.smoothing, {.min = 0.0, .max = 1.0, .above_min = true});
}

void visit(KeyVisitor& v, protocol::TimeboxConfig& timebox) {
  v.real(
      {"strategy.timebox.box_seconds",
       "time that everybody trains between two merges; 0: from measured step and transfer times"},
      timebox.box_seconds, {.min = 0.0, .max = 1e6});
  v.real({"strategy.timebox.grace",
          "part of the box by which a push may be late, beyond the median transfer"},
         timebox.grace, {.min = 0.0, .max = 1e3});
  v.flag({"strategy.timebox.overlap", "train on while a push is in flight"}, timebox.overlap);
  v.real({"strategy.timebox.contribution_cut",
          "only the fastest workers train that have this share of the samples per second; 0: all"},
         timebox.contribution_cut, RealRange::unit());
  visit(v, kTimeboxServer, timebox.server);
}

}  // namespace

void visit_keys(StrategySettings& strategy, KeyVisitor& v) {
  v.choice({"strategy.type", "the synchronisation protocol"}, strategy.type, kStrategies);
  visit(v, strategy.hermes);
  visit(v, kBspServer, strategy.bsp.server);
  visit(v, kAspServer, strategy.asp.server);
  v.small_integer({"strategy.ssp.staleness", "rounds that a worker may be ahead of the slowest"},
                  strategy.ssp.staleness, {});
  visit(v, kSspServer, strategy.ssp.server);
  v.small_integer({"strategy.ebsp.horizon",
                   "most rounds between two barriers; 0: 150 where a round is one step, else 6"},
                  strategy.ebsp.horizon, {.max = 100'000});
  visit(v, kEbspServer, strategy.ebsp.server);
  visit(v, strategy.selsync);
  visit(v, strategy.timebox);
}

}  // namespace hermes::runtime
