#include "transport/mpi/outbox.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "hermes/core/assert.hpp"
#include "transport/mpi/prelude.hpp"

namespace hermes::transport {

namespace {

/// Enough to fill a server's link with workers whose own links are a tenth as fast.
constexpr std::size_t kTransfersMax = 16;

}  // namespace

Outbox::Outbox(std::int32_t rank_count, const TransportLimits& limits)
    : limits_(limits), peers_(static_cast<std::size_t>(rank_count)) {}

bool Outbox::send(Rank to, Frame frame) {
  HERMES_ASSERT(frame.header.size() <= limits_.header_bytes_max, "send: long header");
  if (peer(to).pending >= limits_.pending_sends_max) {
    return false;
  }
  const Prelude prelude{.sequence = peer(to).next_sequence,
                        .payload_bytes = frame.payload.bytes.size()};
  const Position position = next_outgoing();
  position->to = to;
  position->payload = std::move(frame.payload);
  std::memcpy(position->header.data(), &prelude, sizeof(prelude));
  std::copy(frame.header.begin(), frame.header.end(), position->header.data() + sizeof(prelude));
  ++peer(to).next_sequence;
  ++peer(to).pending;
  ++pending_;
  position->open_parts = position->payload.bytes.empty() ? 1 : 2;
  start({position}, std::span(position->header).first(sizeof(prelude) + frame.header.size()),
        kHeaderTag);
  if (!position->payload.bytes.empty()) {
    waiting_.push_back(position);
    start_payloads();
  }
  return true;
}

void Outbox::start_payloads() {
  while (!waiting_.empty() && transfers_ < kTransfersMax) {
    const Position frame = waiting_.front();
    waiting_.pop_front();
    ++transfers_;
    frame->is_transfer = true;
    start({frame, true}, frame->payload.bytes, kPayloadTag);
  }
}

Outbox::Position Outbox::next_outgoing() {
  if (spare_.empty()) {
    spare_.emplace_back();
  }
  outgoing_.splice(outgoing_.end(), spare_, spare_.begin());
  return std::prev(outgoing_.end());
}

void Outbox::start(const Part& part, std::span<const std::byte> bytes, int tag) {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Isend(bytes.data(), to_count(bytes.size(), "payload"), MPI_BYTE, part.frame->to.value,
                  tag, MPI_COMM_WORLD, &request),
        "MPI_Isend", part.frame->to);
  requests_.add(request, part);
}

void Outbox::poll() {
  for (const auto& completion : requests_.poll()) {
    const Position frame = completion.token.frame;
    if (completion.token.is_payload && std::exchange(frame->is_transfer, false)) {
      --transfers_;
    }
    if (--frame->open_parts > 0) {
      continue;
    }
    if (!frame->abandoned) {
      --peer(frame->to).pending;
      --pending_;
    }
    frame->payload = {};
    frame->abandoned = false;
    spare_.splice(spare_.end(), outgoing_, frame);
  }
  start_payloads();
}

/// Nobody waits behind a peer that may be gone; should it come back, it finds its stream whole.
void Outbox::abandon(Rank to) {
  for (Outgoing& frame : outgoing_) {
    if (frame.to == to && !frame.abandoned) {
      frame.abandoned = true;
      --pending_;
      transfers_ -= std::exchange(frame.is_transfer, false) ? 1 : 0;
    }
  }
  const auto is_to_it = [to](Position frame) { return frame->to == to; };
  for (const Position frame : waiting_) {
    if (is_to_it(frame)) {
      start({frame, true}, frame->payload.bytes, kPayloadTag);
    }
  }
  std::erase_if(waiting_, is_to_it);
  start_payloads();
  peer(to).pending = 0;
}

}  // namespace hermes::transport
