#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "hermes/protocol/roster.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::protocol {

struct MergeInput {
  Version version{};                    ///< of `global`; 0 means that nothing was merged yet
  std::span<const float> initial{};     ///< w_0
  std::span<const float> global{};      ///< w
  std::optional<double> global_loss{};  ///< of the newest evaluated version
  std::span<const Update> updates{};    ///< in rank order; at least one
  /// The last so many values are running statistics (of batch normalisation): averages, not steps.
  /// Every rule gives them a weighted mean with weights that are not negative, so that no variance
  /// gets below zero; no server optimizer sees them.
  std::size_t statistics_count = 0;
  std::uint32_t live_workers = 1;
};

/// The server's rule: the next global model from this one and the updates. May keep state (the
/// moments of a server optimizer).
class MergeRule {
 public:
  virtual ~MergeRule() = default;
  /// What workers must send.
  virtual PayloadKind payload() const = 0;
  /// True when the server has to evaluate each update itself before it is merged.
  virtual bool needs_update_loss() const { return false; }
  /// Writes the new model to `merged`: of the same size as the others, apart from them or the
  /// memory of `global` itself.
  virtual void merge(const MergeInput& input, std::span<float> merged) = 0;
  /// What it has learned so far, for checkpoints. The default: nothing.
  virtual void save(StateWriter& /*state*/) const {}
  virtual void load(StateReader& /*state*/) {}
};

}  // namespace hermes::protocol
