#include "transport/mpi/outbox.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "hermes/core/assert.hpp"
#include "transport/mpi/prelude.hpp"

namespace hermes::transport {

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
  start(position, std::span(position->header).first(sizeof(prelude) + frame.header.size()),
        kHeaderTag);
  if (!position->payload.bytes.empty()) {
    start(position, position->payload.bytes, kPayloadTag);
  }
  return true;
}

Outbox::Position Outbox::next_outgoing() {
  if (spare_.empty()) {
    spare_.emplace_back();
  }
  outgoing_.splice(outgoing_.end(), spare_, spare_.begin());
  return std::prev(outgoing_.end());
}

void Outbox::start(Position frame, std::span<const std::byte> bytes, int tag) {
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Isend(bytes.data(), to_count(bytes.size(), "payload"), MPI_BYTE, frame->to.value, tag,
                  MPI_COMM_WORLD, &request),
        "MPI_Isend", frame->to);
  ++frame->open_requests;
  requests_.add(request, frame);
}

void Outbox::poll() {
  for (const auto& completion : requests_.poll()) {
    const Position frame = completion.token;
    if (--frame->open_requests > 0) {
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
}

void Outbox::abandon(Rank to) {
  for (Outgoing& frame : outgoing_) {
    if (frame.to == to && !frame.abandoned) {
      frame.abandoned = true;
      --pending_;
    }
  }
  peer(to).pending = 0;
}

}  // namespace hermes::transport
