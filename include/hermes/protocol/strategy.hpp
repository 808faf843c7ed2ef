#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "hermes/protocol/allocation_rule.hpp"
#include "hermes/protocol/gate.hpp"
#include "hermes/protocol/memory_model.hpp"
#include "hermes/protocol/merge_rule.hpp"
#include "hermes/protocol/push_rule.hpp"
#include "hermes/protocol/release_rule.hpp"
#include "hermes/protocol/round_length.hpp"
#include "hermes/protocol/server_optimizer.hpp"

namespace hermes::protocol {

/// Bulk-synchronous parallel: a barrier every round, mean of the workers' models.
struct BspConfig {
  static constexpr std::string_view kName = "bsp";
  ServerOptimizerConfig server{};

  friend bool operator==(const BspConfig&, const BspConfig&) = default;
};

/// Asynchronous parallel: every delta is added on arrival.
struct AspConfig {
  static constexpr std::string_view kName = "asp";
  ServerOptimizerConfig server{};

  friend bool operator==(const AspConfig&, const AspConfig&) = default;
};

/// Stale-synchronous parallel (Ho et al., NIPS 2013): as asp, but nobody is more than `staleness`
/// rounds ahead of the slowest. 0 releases in bsp's order, a very large number is asp.
struct SspConfig {
  static constexpr std::string_view kName = "ssp";
  ServerOptimizerConfig server{};
  std::uint32_t staleness = 3;

  friend bool operator==(const SspConfig&, const SspConfig&) = default;
};

/// Elastic bulk-synchronous parallel (Zhao et al., ICDCS 2019, DSAA 2021): each worker runs as many
/// rounds as bring all to the next barrier at nearly the same time.
struct EbspConfig {
  static constexpr std::string_view kName = "ebsp";
  ServerOptimizerConfig server{};
  std::uint32_t horizon = 6;  ///< R: the most rounds between two barriers

  friend bool operator==(const EbspConfig&, const EbspConfig&) = default;
};

/// SelSync (Tyagi & Swany, CLUSTER 2023): workers vote by the relative change of their gradient
/// norm; one yes synchronises all, otherwise all go on from their own models.
struct SelSyncConfig {
  static constexpr std::string_view kName = "selsync";
  double delta = 0.3;         ///< relative change that is worth a synchronisation
  std::uint32_t window = 25;  ///< rounds at the start that are synchronised in any case
  double smoothing = 0.16;    ///< weight of the newest squared norm in its moving average

  friend bool operator==(const SelSyncConfig&, const SelSyncConfig&) = default;
};

enum class HermesMerge : std::uint8_t { LossWeighted, Delta };
/// Who measures the loss that weighs an update.
enum class LossSource : std::uint8_t { Worker, Server };

/// Hermes (Basani et al., HiPC 2024): z-score gate at the worker, loss-weighted merge.
struct HermesConfig {
  static constexpr std::string_view kName = "hermes";
  GateConfig gate{};
  HermesMerge merge = HermesMerge::LossWeighted;
  LossSource weights = LossSource::Worker;              ///< loss_weighted
  double staleness_exponent = 0.0;                      ///< loss_weighted: c in (1 + staleness)^-c
  ServerOptimizerConfig server{.learning_rate = 0.25};  ///< delta
  bool overlap = false;                                 ///< train on while a push is in flight

  friend bool operator==(const HermesConfig&, const HermesConfig&) = default;
};

/// Time-boxed local SGD with outer Nesterov momentum, ours (ALGORITHMS section 2b): everybody
/// trains for the same time, samples weigh the merge.
struct TimeboxConfig {
  static constexpr std::string_view kName = "timebox";
  ServerOptimizerConfig server{.kind = ServerOptimizerKind::Nesterov, .momentum = 0.7};
  double box_seconds = 0.0;       ///< 0: from the measured step and transfer times
  double grace = 0.5;             ///< part of the box by which a push may be late, beyond the
                                  ///< median transfer
  bool overlap = true;            ///< train on while a push is in flight
  double contribution_cut = 0.0;  ///< share of the samples per second whose smallest set of workers
                                  ///< trains; 0: all train

  friend bool operator==(const TimeboxConfig&, const TimeboxConfig&) = default;
};

using StrategyConfig = std::variant<HermesConfig, BspConfig, AspConfig, SspConfig, EbspConfig,
                                    SelSyncConfig, TimeboxConfig>;

std::string_view strategy_name(const StrategyConfig& config);

/// Rows and mini-batch size that every worker gets, within what its memory holds.
struct StaticAllocationConfig {
  std::uint64_t rows = 2500;
  std::uint32_t minibatch = 16;

  friend bool operator==(const StaticAllocationConfig&, const StaticAllocationConfig&) = default;
};

/// What every worker gets at first, and how far the rule may go from there (AdaptiveAllocation).
struct AdaptiveAllocationConfig {
  std::uint64_t rows = 2500;
  std::uint32_t minibatch = 16;
  RoundLength round{};
  std::uint64_t rows_min = 64;      ///< never fewer, unless memory or the pool holds no more; >= 1
  std::uint32_t minibatch_min = 2;  ///< powers of two
  std::uint32_t minibatch_max = 256;
  double tolerance = 0.1;             ///< round times within this part of T* are well
  std::uint32_t outlying_rounds = 2;  ///< in a row, before anything is changed; >= 1

  friend bool operator==(const AdaptiveAllocationConfig&,
                         const AdaptiveAllocationConfig&) = default;
};

using AllocationConfig = std::variant<StaticAllocationConfig, AdaptiveAllocationConfig>;

/// What the rules have to know beside their own settings.
struct StrategyContext {
  AllocationConfig allocation{};
  MemoryModel memory{};
  std::uint64_t seed = 1;
  Rank rank{};                 ///< of the process that makes them
  bool lossy_payload = false;  ///< the wire rounds: send differences, which are small, not models
};

/// A synchronisation strategy is a choice of four rules; none of them knows that MPI exists.
struct Strategy {
  std::unique_ptr<PushRule> push;
  std::unique_ptr<ReleaseRule> release;
  std::unique_ptr<MergeRule> merge;
  std::unique_ptr<AllocationRule> allocation;
};

/// A strategy that Hermes does not know: a program brings its four rules along. Every rank makes
/// them, the worker for its push rule and the payload, the server for the rest; a strategy that
/// make_strategy has made, with one rule replaced, will often do.
struct CustomStrategy {
  std::string name;  ///< in logs, summaries and checkpoints; all ranks' are the same
  std::function<Strategy(const StrategyContext&)> make;
};

Strategy make_strategy(const StrategyConfig& strategy, const StrategyContext& context);

}  // namespace hermes::protocol
