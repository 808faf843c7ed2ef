#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "hermes/core/time.hpp"
#include "hermes/protocol/roster.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::protocol {

struct ShardSize {
  std::uint64_t rows = 0;
  std::uint32_t minibatch = 0;
  std::string why{};  ///< one line for the log
};

/// The server's rule: how many rows and which mini-batch size each worker gets (which rows they
/// are is the partition's business). May keep state.
class AllocationRule {
 public:
  virtual ~AllocationRule() = default;
  /// Rows of 0: this worker's memory cannot hold what the least takes.
  virtual ShardSize initial(const Peer& peer) = 0;
  /// Told of each round that a worker has reported (`peer.last_report`).
  virtual void observe(const Roster& /*roster*/, const Peer& /*peer*/) {}
  /// Asked before each release; a value changes the worker's assignment.
  virtual std::optional<ShardSize> review(const Roster& roster, const Peer& peer) = 0;
  /// What it has learned so far, for checkpoints. The default: nothing.
  virtual void save(StateWriter& /*state*/) const {}
  virtual void load(StateReader& /*state*/) {}
};

}  // namespace hermes::protocol
