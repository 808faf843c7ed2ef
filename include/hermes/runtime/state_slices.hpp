#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "hermes/core/buffer.hpp"
#include "hermes/core/id.hpp"
#include "hermes/runtime/channel.hpp"
#include "hermes/wire/data_message.hpp"

namespace hermes::runtime {

/// A worker's state as bytes, and after how many of its rounds it was taken.
struct WorkerState {
  std::uint64_t round = 0;
  std::shared_ptr<const Bytes> bytes;
};

/// Sends a state in slices of at most `slice_bytes`. The frames share the bytes. Requires: both
/// sizes are multiples of four.
void send_state(Channel& channel, Rank to, const WorkerState& state, std::size_t slice_bytes);

/// Puts slices together again. Memory grows only with what has arrived, to `bytes_max` at most.
class StateAssembly {
 public:
  explicit StateAssembly(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// The state, when this slice is its last. One that does not fit what came before drops both: a
  /// later state begins anew.
  std::optional<WorkerState> add(const wire::DataMessage& message);

 private:
  std::uint64_t bytes_max_;
  std::uint64_t round_ = 0;
  std::uint64_t total_ = 0;
  std::shared_ptr<Bytes> bytes_;
};

}  // namespace hermes::runtime
