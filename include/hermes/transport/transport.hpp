#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "hermes/core/frame.hpp"
#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"

namespace hermes::transport {

/// What a transport never exceeds, whatever its peers do.
struct TransportLimits {
  std::size_t header_bytes_max = 1024;  ///< the same on every rank
  std::size_t payload_bytes_max = 0;    ///< larger ones are not received
  std::size_t pending_sends_max = 64;   ///< frames towards one peer
};

/// A frame that arrived.
struct Received {
  Rank from;
  Frame frame;
  /// The peer announced more than the limit or broke the framing; `frame` is empty. Whatever this
  /// peer sends from then on is reported as malformed too, and not received.
  bool malformed = false;
};

/// What went to and came from one peer: header and payload bytes, without the transport's own.
struct Traffic {
  std::uint64_t frames_sent = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t malformed_received = 0;

  friend bool operator==(const Traffic&, const Traffic&) = default;
};

/// Moves frames between ranks and never looks inside them. Frames of one peer arrive in the order
/// in which it sent them, those of different peers in turn. No call blocks, but `wait` and `flush`
/// up to their bound.
///
/// Thread rule: one thread uses an endpoint (received payloads may be released by any thread).
/// Throws TransportError when message passing itself fails; a dead peer is no error but silence.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  virtual Rank rank() const = 0;
  virtual std::int32_t rank_count() const = 0;
  /// The clock of the run. Clocks of different ranks have nothing to do with each other.
  virtual Instant now() const = 0;

  /// Takes the frame and keeps it alive until it is out; the payload leaves from where it lies.
  /// False: `pending_sends_max` frames towards this peer are still on their way; nothing was sent.
  /// Requires: the header is within its limit.
  [[nodiscard]] virtual bool send(Rank to, Frame frame) = 0;

  /// The next complete frame, if there is one.
  virtual std::optional<Received> receive() = 0;

  /// Sleeps until a frame is there to be received, but not longer than this.
  virtual void wait(Duration at_most) = 0;

  /// As `wait`, for who has nothing to do before a frame but to look after the time now and then.
  /// Where time is simulated it may sleep until the frame comes, however late that is.
  virtual void wait_for_frame(Duration about) { wait(about); }

  /// The caller has just done so many floating-point operations. Where time is simulated it passes;
  /// on a real machine it has passed.
  virtual void compute(double /*flops*/) {}

  /// Frames towards this peer that are not out yet.
  virtual std::size_t pending_sends(Rank to) const = 0;

  /// Waits until every pending frame is out. False: some are not, and the deadline has passed.
  virtual bool flush(Instant deadline) = 0;

  /// The peer seems dead: its pending frames count no longer, for `pending_sends`, `flush` and the
  /// limit; their memory stays untouched. A peer that was only frozen gets them when it returns.
  virtual void abandon(Rank peer) = 0;

  virtual const Traffic& traffic(Rank peer) const = 0;
};

}  // namespace hermes::transport
