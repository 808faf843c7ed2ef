#pragma once

#include "hermes/runtime/run_config.hpp"
#include "runtime/config/key_visitor.hpp"

namespace hermes::runtime {

/// Shows the visitor every key of a run configuration. Here alone a key has its
/// name, its range and its help; its default is the member's initializer.
void visit_keys(RunConfig& config, KeyVisitor& visitor);
/// Those of [train] (train_keys.cpp) and those below [strategy] (strategy_keys.cpp).
void visit_keys(TrainSettings& train, KeyVisitor& visitor);
void visit_keys(StrategySettings& strategy, KeyVisitor& visitor);

}  // namespace hermes::runtime
