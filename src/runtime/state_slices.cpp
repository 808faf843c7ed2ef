#include "hermes/runtime/state_slices.hpp"

#include <algorithm>
#include <utility>

#include "hermes/core/assert.hpp"

namespace hermes::runtime {

void send_state(Channel& channel, Rank to, const WorkerState& state, std::size_t slice_bytes) {
  const std::span<const std::byte> all(*state.bytes);
  for (std::size_t first = 0; first < all.size(); first += slice_bytes) {
    const std::span<const std::byte> slice =
        all.subspan(first, std::min(slice_bytes, all.size() - first));
    channel.send(to, wire::DataMessage{wire::StateSlice{state.round, all.size(), first},
                                       SharedBytes{state.bytes, slice}});
  }
}

std::optional<WorkerState> StateAssembly::add(const wire::DataMessage& message) {
  const auto& slice = std::get<wire::StateSlice>(message.body);
  const std::span<const std::byte> bytes = message.payload.bytes;
  if (slice.first == 0) {
    bytes_ = std::make_shared<Bytes>();
    round_ = slice.round;
    total_ = slice.total;
  }
  const bool fits = bytes_ && total_ <= bytes_max_ && slice.round == round_ &&
                    slice.total == total_ && slice.first == bytes_->size() &&
                    bytes.size() <= total_ - bytes_->size();
  if (!fits) {
    bytes_.reset();
    return std::nullopt;
  }
  bytes_->insert(bytes_->end(), bytes.begin(), bytes.end());
  if (bytes_->size() < total_) {
    return std::nullopt;
  }
  return WorkerState{round_, std::exchange(bytes_, nullptr)};
}

}  // namespace hermes::runtime
