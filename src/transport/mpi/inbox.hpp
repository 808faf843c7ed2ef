#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/transport/transport.hpp"
#include "transport/mpi/payload_pool.hpp"
#include "transport/mpi/prelude.hpp"
#include "transport/mpi/request_set.hpp"

namespace hermes::transport {

/// The receiving half of MpiTransport. Some receives for headers from any rank are always posted;
/// a header that announces a payload has a receive posted for it, from the same rank. Frames wait
/// in one stream per rank until all before them are complete.
class Inbox {
 public:
  Inbox(std::int32_t rank_count, const TransportLimits& limits);
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  void poll() { take(requests_.poll()); }
  /// Receives that each poll looks at.
  std::size_t open_requests() const { return requests_.size(); }
  /// Blocks until something arrives, be it a part of a frame.
  void wait() { take(requests_.wait()); }
  bool ready() const { return !turns_.empty(); }
  std::optional<Received> next();

  /// Takes back the posted receives. False: MPI may still write to this object's memory.
  bool close() { return requests_.cancel(); }

 private:
  struct Arrival {
    std::uint32_t sequence = 0;
    std::uint64_t payload_bytes = 0;
    HeaderBytes header;
  };
  struct Incoming {
    Frame frame;
    bool complete = false;
    bool malformed = false;
  };
  struct Stream {
    std::list<Incoming> frames;  // stable addresses: a posted receive points to its frame
    std::vector<Arrival> early;
    std::uint32_t next_sequence = 0;
    bool broken = false;
    bool has_turn = false;
  };
  struct HeaderSlot {
    std::size_t index = 0;
  };
  struct PayloadOf {
    Incoming* incoming = nullptr;
  };
  using Requests = RequestSet<std::variant<HeaderSlot, PayloadOf>>;

  std::span<std::byte> slot(std::size_t index);
  void post_header(std::size_t index);
  void take(const std::vector<Requests::Completion>& completions);
  void on_header(std::size_t index, const Requests::Completion& completion);
  void on_payload(Incoming& incoming, const Requests::Completion& completion);
  void accept(Rank from, const Arrival& arrival);
  void enqueue(Rank from, const Arrival& arrival);
  Incoming& next_incoming(Stream& peer);
  void break_stream(Rank from);
  void give_turn(Rank from);
  Stream& stream(Rank from) { return streams_[static_cast<std::size_t>(from.value)]; }

  TransportLimits limits_;
  std::size_t slot_bytes_;
  AlignedVector<std::byte> slots_;
  PayloadPool pool_;
  std::vector<Stream> streams_;
  std::list<Incoming> spare_;  // to be used again
  std::vector<Rank> turns_;    // every stream whose first frame is complete, once
  Requests requests_;
};

}  // namespace hermes::transport
