#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <vector>

#include "hermes/transport/transport.hpp"
#include "transport/mpi/prelude.hpp"
#include "transport/mpi/request_set.hpp"

namespace hermes::transport {

/// The sending half of MpiTransport: keeps each frame alive until MPI is done with it.
class Outbox {
 public:
  Outbox(std::int32_t rank_count, const TransportLimits& limits);
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  bool send(Rank to, Frame frame);
  void poll();
  void abandon(Rank to);
  std::size_t pending(Rank to) const { return peers_[static_cast<std::size_t>(to.value)].pending; }
  /// No frame is on its way, but for abandoned ones.
  bool flushed() const { return pending_ == 0; }
  /// MPI reads none of this object's memory any more.
  bool empty() const { return requests_.empty(); }

 private:
  struct Outgoing {
    Rank to;
    SharedBytes payload;
    int open_requests = 0;
    bool abandoned = false;
    std::array<std::byte, sizeof(Prelude) + HeaderBytes::kCapacity> header;  // prelude and header
  };
  struct Peer {
    std::uint32_t next_sequence = 0;
    std::size_t pending = 0;
  };
  using Position = std::list<Outgoing>::iterator;

  Position next_outgoing();
  void start(Position frame, std::span<const std::byte> bytes, int tag);
  Peer& peer(Rank to) { return peers_[static_cast<std::size_t>(to.value)]; }

  TransportLimits limits_;
  std::vector<Peer> peers_;
  std::size_t pending_ = 0;
  std::list<Outgoing> outgoing_;  // stable addresses: MPI reads from them
  std::list<Outgoing> spare_;     // to be used again
  RequestSet<Position> requests_;
};

}  // namespace hermes::transport
