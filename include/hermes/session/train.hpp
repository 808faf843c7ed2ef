#pragma once

#include <filesystem>
#include <optional>

#include "hermes/data/dataset.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/protocol/strategy.hpp"
#include "hermes/runtime/run_config.hpp"
#include "hermes/session/session.hpp"

namespace hermes::session {

/// How a program of its own wants to train.
struct TrainOptions {
  /// As from load_run_config, or filled in by the program; model and data file are not looked at.
  /// Limits ([stop]) are to be set.
  runtime::RunConfig config{};
  /// Instead of config.strategy, of which then only the type matters: default intervals and
  /// payloads hang on it. One rank alone does not need a strategy and makes SGD.
  std::optional<protocol::CustomStrategy> strategy{};
  std::optional<std::filesystem::path> out{};  ///< run directory; none: runs/NAME
  bool resume = false;
  bool quiet = false;
};

/// Trains a network as `hermes train` does, on all ranks of the session: rank 0 serves, the others
/// work. Every rank calls it with equal arguments; weights start as the run's seed says. Afterwards
/// the network of rank 0 holds the best model of the run, as the run directory's model.h5 does, if
/// there is one; those of workers are unchanged.
/// Returns the exit code (README, exit codes). Throws ConfigError, DataError or another Error.
int train(Session& session, nn::Network& network, const data::Dataset& dataset,
          const TrainOptions& options);

}  // namespace hermes::session
