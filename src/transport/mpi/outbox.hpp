#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <span>
#include <vector>

#include "hermes/transport/transport.hpp"
#include "transport/mpi/prelude.hpp"
#include "transport/mpi/request_set.hpp"

namespace hermes::transport {

/// The sending half of MpiTransport: keeps each frame alive until MPI is done with it.
///
/// Only so many payloads are on their way at a time, the others wait in the order of their frames:
/// transfers that share a link all end together at its end, and the other direction lies idle
/// meanwhile. One after the other they are on average there in half the time.
class Outbox {
 public:
  Outbox(std::int32_t rank_count, const TransportLimits& limits);
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  bool send(Rank to, Frame frame);
  void poll();
  void abandon(Rank to);
  std::size_t pending(Rank to) const { return peers_[static_cast<std::size_t>(to.value)].pending; }
  /// Sends that each poll looks at.
  std::size_t open_requests() const { return requests_.size(); }
  /// No frame is on its way, but for abandoned ones.
  bool flushed() const { return pending_ == 0; }
  /// MPI reads none of this object's memory any more.
  bool empty() const { return requests_.empty(); }

 private:
  struct Outgoing {
    Rank to;
    SharedBytes payload;
    int open_parts = 0;
    bool abandoned = false;
    bool is_transfer = false;  // counted in transfers_
    std::array<std::byte, sizeof(Prelude) + HeaderBytes::kCapacity> header;  // prelude and header
  };
  struct Peer {
    std::uint32_t next_sequence = 0;
    std::size_t pending = 0;
  };
  using Position = std::list<Outgoing>::iterator;
  struct Part {
    Position frame;
    bool is_payload = false;
  };

  Position next_outgoing();
  void start(const Part& part, std::span<const std::byte> bytes, int tag);
  void start_payloads();
  Peer& peer(Rank to) { return peers_[static_cast<std::size_t>(to.value)]; }

  TransportLimits limits_;
  std::vector<Peer> peers_;
  std::size_t pending_ = 0;
  std::list<Outgoing> outgoing_;  // stable addresses: MPI reads from them
  std::list<Outgoing> spare_;     // to be used again
  std::deque<Position> waiting_;  // for their payload to be sent
  std::size_t transfers_ = 0;     // payloads on their way, but for abandoned ones
  RequestSet<Part> requests_;
};

}  // namespace hermes::transport
