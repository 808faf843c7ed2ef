#pragma once

#include "hermes/runtime/run_config.hpp"
#include "runtime/config/key_visitor.hpp"

namespace hermes::runtime {

/// The keys below [strategy], as visit_keys of a whole run configuration shows them.
void visit_keys(StrategySettings& strategy, KeyVisitor& visitor);

}  // namespace hermes::runtime
