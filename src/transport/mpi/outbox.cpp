#include "transport/mpi/outbox.hpp"

#include <cstring>
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
  Bytes header(sizeof(prelude) + frame.header.size());
  std::memcpy(header.data(), &prelude, sizeof(prelude));
  std::copy(frame.header.begin(), frame.header.end(), header.begin() + sizeof(prelude));

  const Position position = outgoing_.insert(
      outgoing_.end(),
      {.to = to, .header = std::move(header), .payload = std::move(frame.payload)});
  ++peer(to).next_sequence;
  ++peer(to).pending;
  ++pending_;
  start(position, position->header, kHeaderTag);
  if (!position->payload.bytes.empty()) {
    start(position, position->payload.bytes, kPayloadTag);
  }
  return true;
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
    outgoing_.erase(frame);
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
