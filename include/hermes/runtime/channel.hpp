#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "hermes/core/frame.hpp"
#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"
#include "hermes/protocol/message.hpp"
#include "hermes/transport/transport.hpp"

namespace hermes::runtime {

/// Messages over a transport: encodes, decodes, and counts what crosses the wire.
///
/// Nothing but a heartbeat is ever dropped: what the transport does not take now waits here and is
/// tried again. Requires: transport outlives this. Single-threaded.
class Channel {
 public:
  struct Incoming {
    Rank from;
    std::optional<protocol::Message> message;  ///< none: bytes that are no message of ours
  };

  /// None: both ends are in one process, and no byte counts as sent.
  enum class Wire { Counted, None };

  /// `payload_bytes_max`: the largest payload that fits the run.
  Channel(transport::Transport& transport, std::size_t payload_bytes_max, Wire wire = Wire::Counted)
      : transport_(transport), payload_bytes_max_(payload_bytes_max), wire_(wire) {}

  Rank rank() const { return transport_.rank(); }
  Instant now() const { return transport_.now(); }

  void send(Rank to, const protocol::Message& message);
  std::optional<Incoming> receive();
  /// Returns when something may have arrived, at the latest after `at_most`.
  void wait(Duration at_most) { transport_.wait(at_most); }
  /// Waits until all is out; false when the time was not enough.
  bool flush(Duration at_most);
  /// The peer seems dead: no longer waits for what is on its way to it.
  void abandon(Rank peer);

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t bytes_received() const { return bytes_received_; }

 private:
  struct Delayed {
    Rank to;
    Frame frame;
  };

  void send_delayed();
  std::uint64_t counted_size(const Frame& frame) const;

  transport::Transport& transport_;
  std::size_t payload_bytes_max_;
  Wire wire_;
  std::deque<Delayed> delayed_;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_received_ = 0;
};

}  // namespace hermes::runtime
