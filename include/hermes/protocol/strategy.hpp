#pragma once

#include <memory>
#include <string_view>
#include <variant>

#include "hermes/protocol/allocation_rule.hpp"
#include "hermes/protocol/gate.hpp"
#include "hermes/protocol/merge_rule.hpp"
#include "hermes/protocol/push_rule.hpp"
#include "hermes/protocol/release_rule.hpp"

namespace hermes::protocol {

/// Bulk-synchronous parallel: a barrier every round, mean of the workers' models.
struct BspConfig {
  static constexpr std::string_view kName = "bsp";
  double server_learning_rate = 1.0;

  friend bool operator==(const BspConfig&, const BspConfig&) = default;
};

/// Asynchronous parallel: every delta is added on arrival.
struct AspConfig {
  static constexpr std::string_view kName = "asp";
  double server_learning_rate = 1.0;

  friend bool operator==(const AspConfig&, const AspConfig&) = default;
};

/// Hermes (Basani et al., HiPC 2024): z-score gate at the worker, loss-weighted merge.
struct HermesConfig {
  static constexpr std::string_view kName = "hermes";
  GateConfig gate{};
  double staleness_exponent = 0.0;  ///< c in (1 + staleness)^-c

  friend bool operator==(const HermesConfig&, const HermesConfig&) = default;
};

using StrategyConfig = std::variant<BspConfig, AspConfig, HermesConfig>;

std::string_view strategy_name(const StrategyConfig& config);

/// Rows and mini-batch size that every worker gets, within what its memory holds.
struct StaticAllocationConfig {
  std::uint64_t rows = 2500;
  std::uint32_t minibatch = 16;

  friend bool operator==(const StaticAllocationConfig&, const StaticAllocationConfig&) = default;
};

/// A synchronisation strategy is a choice of four rules; none of them knows that MPI exists.
struct Strategy {
  std::unique_ptr<PushRule> push;
  std::unique_ptr<ReleaseRule> release;
  std::unique_ptr<MergeRule> merge;
  std::unique_ptr<AllocationRule> allocation;
};

Strategy make_strategy(const StrategyConfig& strategy, const StaticAllocationConfig& allocation);

}  // namespace hermes::protocol
