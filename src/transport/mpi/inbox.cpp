#include "transport/mpi/inbox.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace hermes::transport {

namespace {

constexpr std::size_t kHeaderSlots = 8;
/// Frames of one peer that were not received yet; an honest peer has far fewer.
constexpr std::size_t kWaitingFramesMax = 4096;

}  // namespace

Inbox::Inbox(std::int32_t rank_count, const TransportLimits& limits)
    : limits_(limits),
      slot_bytes_(sizeof(Prelude) + limits.header_bytes_max),
      slots_(slot_bytes_ * kHeaderSlots),
      pool_(limits.payload_bytes_max),
      streams_(static_cast<std::size_t>(rank_count)) {
  turns_.reserve(streams_.size());
  for (std::size_t index = 0; index < kHeaderSlots; ++index) {
    post_header(index);
  }
}

std::span<std::byte> Inbox::slot(std::size_t index) {
  return std::span(slots_).subspan(index * slot_bytes_, slot_bytes_);
}

void Inbox::post_header(std::size_t index) {
  const std::span<std::byte> bytes = slot(index);
  // A transfer from a dying rank may complete without data: then no old prelude must lie here.
  std::fill_n(bytes.begin(), sizeof(Prelude), std::byte{0});
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Irecv(bytes.data(), to_count(bytes.size(), "header limit"), MPI_BYTE, MPI_ANY_SOURCE,
                  kHeaderTag, MPI_COMM_WORLD, &request),
        "MPI_Irecv");
  requests_.add(request, HeaderSlot{index});
}

void Inbox::take(const std::vector<Requests::Completion>& completions) {
  for (const Requests::Completion& completion : completions) {
    if (const auto* header = std::get_if<HeaderSlot>(&completion.token)) {
      on_header(header->index, completion);
      post_header(header->index);
    } else {
      on_payload(*std::get<PayloadOf>(completion.token).incoming, completion);
    }
    give_turn(completion.source);
  }
}

void Inbox::on_header(std::size_t index, const Requests::Completion& completion) {
  Prelude prelude;
  const std::span<const std::byte> bytes = slot(index);
  std::memcpy(&prelude, bytes.data(), sizeof(prelude));
  if (completion.truncated || completion.bytes < sizeof(prelude) ||
      prelude.magic != Prelude::kMagic || stream(completion.source).broken) {
    break_stream(completion.source);
    return;
  }
  const auto header = bytes.first(completion.bytes).subspan(sizeof(prelude));
  accept(completion.source, {prelude.sequence, prelude.payload_bytes, HeaderBytes(header)});
}

/// Puts an arrival, and those that waited for it, into the stream.
void Inbox::accept(Rank from, const Arrival& arrival) {
  Stream& peer = stream(from);
  const std::uint32_t ahead = arrival.sequence - peer.next_sequence;
  if (ahead >= kWaitingFramesMax || peer.frames.size() >= kWaitingFramesMax) {
    break_stream(from);
    return;
  }
  if (ahead > 0) {
    peer.early.push_back(arrival);
    return;
  }
  enqueue(from, arrival);
  const auto follows = [&](const Arrival& early) { return early.sequence == peer.next_sequence; };
  for (auto next = std::find_if(peer.early.begin(), peer.early.end(), follows);
       next != peer.early.end() && !peer.broken;
       next = std::find_if(peer.early.begin(), peer.early.end(), follows)) {
    const Arrival following = *next;
    peer.early.erase(next);
    enqueue(from, following);
  }
}

void Inbox::enqueue(Rank from, const Arrival& arrival) {
  Stream& peer = stream(from);
  if (arrival.payload_bytes > limits_.payload_bytes_max) {
    // Its payload stays unmatched. Receiving it into a shorter buffer would be worse: Open MPI 4.1
    // writes past the end of it (seen with shared memory and with TCP).
    break_stream(from);
    return;
  }
  ++peer.next_sequence;
  Incoming& incoming = next_incoming(peer);
  incoming.frame.header = arrival.header;
  if (arrival.payload_bytes == 0) {
    incoming.complete = true;
    return;
  }
  const std::shared_ptr<std::byte> buffer = pool_.acquire();
  incoming.frame.payload = {buffer, {buffer.get(), arrival.payload_bytes}};
  MPI_Request request = MPI_REQUEST_NULL;
  check(MPI_Irecv(buffer.get(), to_count(arrival.payload_bytes, "payload"), MPI_BYTE, from.value,
                  kPayloadTag, MPI_COMM_WORLD, &request),
        "MPI_Irecv", from);
  requests_.add(request, PayloadOf{&incoming});
}

Inbox::Incoming& Inbox::next_incoming(Stream& peer) {
  if (spare_.empty()) {
    spare_.emplace_back();
  }
  peer.frames.splice(peer.frames.end(), spare_, spare_.begin());
  Incoming& incoming = peer.frames.back();
  incoming.frame = {};
  incoming.complete = false;
  incoming.malformed = false;
  return incoming;
}

void Inbox::on_payload(Incoming& incoming, const Requests::Completion& completion) {
  incoming.complete = true;
  if (completion.truncated || completion.bytes != incoming.frame.payload.bytes.size()) {
    incoming.frame = {};
    incoming.malformed = true;
    stream(completion.source).broken = true;
  }
}

/// From now on the peer's messages cannot be told apart. Frames before the break stay good.
void Inbox::break_stream(Rank from) {
  Stream& peer = stream(from);
  peer.broken = true;
  peer.early.clear();
  if (peer.frames.size() < kWaitingFramesMax) {
    Incoming& incoming = next_incoming(peer);
    incoming.complete = true;
    incoming.malformed = true;
  }
}

void Inbox::give_turn(Rank from) {
  Stream& peer = stream(from);
  if (!peer.has_turn && !peer.frames.empty() && peer.frames.front().complete) {
    peer.has_turn = true;
    turns_.push_back(from);
  }
}

std::optional<Received> Inbox::next() {
  if (turns_.empty()) {
    return std::nullopt;
  }
  const Rank from = turns_.front();
  turns_.erase(turns_.begin());
  Stream& peer = stream(from);
  Received received{from, std::move(peer.frames.front().frame), peer.frames.front().malformed};
  spare_.splice(spare_.end(), peer.frames, peer.frames.begin());
  peer.has_turn = false;
  give_turn(from);
  return received;
}

}  // namespace hermes::transport
