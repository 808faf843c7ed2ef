#include "hermes/runtime/channel.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/runtime/compute_cost.hpp"

namespace hermes::runtime {

Channel::Channel(transport::Transport& transport, std::size_t parameter_count,
                 wire::PayloadEncoding encoding, Wire wire)
    : transport_(transport), encoder_(encoding), received_(parameter_count), wire_(wire) {
  HERMES_ASSERT(wire == Wire::Counted || !wire::is_lossy(encoding),
                "channel: nothing to save inside one process");
}

void Channel::send(Rank to, const protocol::Message& message) {
  const std::uint64_t encoded_before = encoder_.values_encoded();
  Frame frame = encoder_.encode(message);
  const std::uint64_t encoded = encoder_.values_encoded() - encoded_before;
  if (encoded > 0) {
    compute(static_cast<double>(encoded) * cost::of_encoding(encoder_.encoding()));
  }
  const std::uint64_t size = counted_size(frame);
  if (!try_send(to, frame)) {
    if (std::holds_alternative<protocol::Heartbeat>(message.body)) {
      return;
    }
    delayed_.push_back({to, std::move(frame)});
  }
  bytes_sent_ += size;
  messages_sent_ += size > 0 ? 1 : 0;
}

void Channel::send(Rank to, const wire::DataMessage& message) {
  Frame frame = wire::encode_data(message);
  compute(static_cast<double>(frame.payload.bytes.size()) * cost::kRowByte);
  bytes_data_ += counted_size(frame);
  if (!try_send(to, frame)) {
    delayed_.push_back({to, std::move(frame)});
  }
}

bool Channel::try_send(Rank to, const Frame& frame) {
  send_delayed();
  const bool must_wait = std::any_of(delayed_.begin(), delayed_.end(),
                                     [to](const Delayed& delayed) { return delayed.to == to; });
  return !must_wait && transport_.send(to, frame);
}

std::size_t Channel::pending(Rank to) const {
  const auto waiting = std::count_if(delayed_.begin(), delayed_.end(),
                                     [to](const Delayed& delayed) { return delayed.to == to; });
  return transport_.pending_sends(to) + static_cast<std::size_t>(waiting);
}

void Channel::send_delayed() {
  // A peer that takes nothing holds up its own frames, which stay in order, but nobody else's.
  std::vector<Rank> full;
  std::erase_if(delayed_, [&](const Delayed& delayed) {
    if (std::find(full.begin(), full.end(), delayed.to) != full.end()) {
      return false;
    }
    if (transport_.send(delayed.to, delayed.frame)) {
      return true;
    }
    full.push_back(delayed.to);
    return false;
  });
}

std::optional<Channel::Incoming> Channel::receive() {
  send_delayed();
  std::optional<transport::Received> received = transport_.receive();
  while (received && take_data(*received)) {
    received = transport_.receive();
  }
  if (!received) {
    return std::nullopt;
  }
  const std::uint64_t size = counted_size(received->frame);
  bytes_received_ += size;
  messages_received_ += size > 0 ? 1 : 0;
  Incoming incoming{received->from, std::nullopt};
  if (!received->malformed) {
    decode(received->frame, incoming);
  }
  return incoming;
}

void Channel::decode(const Frame& frame, Incoming& incoming) {
  try {
    if (wire::is_data_frame(frame)) {  // nobody took it
      wire::decode_data(frame, frame.payload.bytes.size());
      return;
    }
    incoming.message = wire::decode(frame, received_, halves_);
    if (const std::size_t values = incoming.message->payload.size(); values > 0) {
      compute(decoding_cost(frame, values));
    }
  } catch (const wire::OtherVersionError& error) {
    incoming.other_version = error.what();
  } catch (const DecodeError&) {
    // The server rejects and counts it; what exactly was wrong with noise helps nobody.
  }
}

double Channel::decoding_cost(const Frame& frame, std::size_t values) const {
  const std::size_t size = frame.payload.bytes.size();
  const bool is_plain = size == values * sizeof(float);
  const bool is_kept = halves_ == wire::Halves::Keep && size == values * sizeof(std::uint16_t);
  const bool is_converted = !is_plain && !is_kept;
  return static_cast<double>(values) *
         (cost::kReceivedValue + (is_converted ? cost::kConvertedValue : 0.0));
}

bool Channel::take_data(const transport::Received& received) {
  if (received.malformed || !wire::is_data_frame(received.frame)) {
    return false;
  }
  wire::DataMessage message;
  try {
    message = wire::decode_data(received.frame, received.frame.payload.bytes.size());
  } catch (const DecodeError&) {
    return false;  // garbage that begins like a data frame
  }
  const bool is_state = std::holds_alternative<wire::StateSlice>(message.body);
  const DataReceiver& receiver = is_state ? state_receiver_ : data_receiver_;
  if (!receiver) {
    return false;
  }
  bytes_data_ += counted_size(received.frame);
  compute(static_cast<double>(received.frame.payload.bytes.size()) * cost::kRowByte);
  receiver(received.from, message);
  return true;
}

std::uint64_t Channel::counted_size(const Frame& frame) const {
  return wire_ == Wire::None ? 0 : frame.header.size() + frame.payload.bytes.size();
}

bool Channel::flush(Duration at_most) {
  const Instant deadline = transport_.now() + at_most;
  do {
    send_delayed();
    if (transport_.flush(delayed_.empty() ? deadline : transport_.now()) && delayed_.empty()) {
      return true;
    }
    transport_.wait(seconds(0.001));
  } while (transport_.now() < deadline);
  return false;
}

void Channel::abandon(Rank peer) {
  transport_.abandon(peer);
  std::erase_if(delayed_, [peer](const Delayed& delayed) { return delayed.to == peer; });
}

}  // namespace hermes::runtime
