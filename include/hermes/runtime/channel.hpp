#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "hermes/core/frame.hpp"
#include "hermes/core/id.hpp"
#include "hermes/core/parameters.hpp"
#include "hermes/core/time.hpp"
#include "hermes/protocol/message.hpp"
#include "hermes/transport/transport.hpp"
#include "hermes/wire/codec.hpp"
#include "hermes/wire/data_message.hpp"

namespace hermes::runtime {

/// Messages over a transport: encodes, decodes, and counts what crosses the wire. The work on
/// payloads is charged to the transport (compute_cost.hpp).
///
/// Nothing but a heartbeat is ever dropped: what the transport does not take now waits here and is
/// tried again. Requires: transport outlives this. Single-threaded.
class Channel {
 public:
  struct Incoming {
    Rank from;
    std::optional<protocol::Message> message;  ///< none: bytes that are no message of ours
    std::string other_version{};  ///< not empty: they are one of another version of hermes
  };

  /// None: both ends are in one process, and no byte counts as sent.
  enum class Wire { Counted, None };

  /// What takes the frames of training rows that arrive.
  using DataReceiver = std::function<void(Rank from, const wire::DataMessage& message)>;

  /// `parameter_count`: values of the largest payload that fits the run. `encoding`: of payloads
  /// that are sent; all are understood. Requires: Fp32 where there is no wire.
  Channel(transport::Transport& transport, std::size_t parameter_count,
          wire::PayloadEncoding encoding = wire::PayloadEncoding::Fp32, Wire wire = Wire::Counted);

  Rank rank() const { return transport_.rank(); }
  Instant now() const { return transport_.now(); }
  /// What becomes of payloads on their way out.
  wire::PayloadEncoding encoding() const { return encoder_.encoding(); }

  void send(Rank to, const protocol::Message& message);
  /// Training rows and talk about them, states for checkpoints; counted apart.
  void send(Rank to, const wire::DataMessage& message);
  /// The next message. Data frames before it go to their receiver, of which `receive` lets
  /// exceptions pass; without one they are bytes that are no message of ours.
  std::optional<Incoming> receive();
  /// Payloads in numbers of 16 bits shall arrive as such, for who reads them once only.
  void keep_halves() { halves_ = wire::Halves::Keep; }
  void hand_data_to(DataReceiver receiver) { data_receiver_ = std::move(receiver); }
  /// The slices of states apart from other data frames.
  void hand_states_to(DataReceiver receiver) { state_receiver_ = std::move(receiver); }
  /// Frames that are not out yet.
  std::size_t pending(Rank to) const;
  /// Returns when something may have arrived, at the latest after `at_most`.
  void wait(Duration at_most) { transport_.wait(at_most); }
  /// The same for who only wants to look after the time now and then (Transport::wait_for_frame).
  void wait_for_frame(Duration about) { transport_.wait_for_frame(about); }
  /// The caller has just done so many floating-point operations (Transport::compute).
  void compute(double flops) { transport_.compute(flops); }
  /// Waits until all is out; false when the time was not enough.
  bool flush(Duration at_most);
  /// The peer seems dead: no longer waits for what is on its way to it.
  void abandon(Rank peer);

  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t bytes_received() const { return bytes_received_; }
  /// Sent and received, in data frames; in neither of the above.
  std::uint64_t bytes_data() const { return bytes_data_; }
  /// What bytes_sent and bytes_received are made of.
  std::uint64_t messages_sent() const { return messages_sent_; }
  std::uint64_t messages_received() const { return messages_received_; }

 private:
  struct Delayed {
    Rank to;
    Frame frame;
  };

  void send_delayed();
  /// False: it has to wait for its turn, and the caller keeps it.
  bool try_send(Rank to, const Frame& frame);
  bool take_data(const transport::Received& received);
  void decode(const Frame& frame, Incoming& incoming);
  std::uint64_t counted_size(const Frame& frame) const;
  double decoding_cost(const Frame& frame, std::size_t values) const;

  transport::Transport& transport_;
  wire::Encoder encoder_;
  ParameterPool received_;  // what other encodings than fp32 are expanded into
  wire::Halves halves_ = wire::Halves::Widen;
  Wire wire_;
  std::deque<Delayed> delayed_;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t bytes_received_ = 0;
  std::uint64_t bytes_data_ = 0;
  std::uint64_t messages_sent_ = 0;
  std::uint64_t messages_received_ = 0;
  DataReceiver data_receiver_;
  DataReceiver state_receiver_;
};

}  // namespace hermes::runtime
