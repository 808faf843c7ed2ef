#include "hermes/transport/faulty_transport.hpp"

#include <algorithm>
#include <utility>

namespace hermes::transport {

bool FaultyTransport::send(Rank to, Frame frame) {
  if (is_cut()) {
    return false;
  }
  if (is_to_damage_ && !frame.payload.bytes.empty()) {
    is_to_damage_ = false;
    frame.header.data()[frame.header.size() - 1] ^= std::byte{1};
  }
  return inner_.send(to, std::move(frame));
}

std::optional<Received> FaultyTransport::receive() {
  if (is_cut()) {
    hold_arrivals();
    return std::nullopt;
  }
  if (held_.empty()) {
    return inner_.receive();
  }
  Received first = std::move(held_.front());
  held_.pop_front();
  return first;
}

void FaultyTransport::wait(Duration at_most) {
  if (is_cut()) {
    hold_arrivals();
    inner_.wait(std::min(at_most, cut_end_ - inner_.now()));
  } else if (held_.empty()) {
    inner_.wait(at_most);
  }
}

void FaultyTransport::wait_for_frame(Duration about) {
  if (is_cut()) {
    wait(about);  // no frame may come before the end of the cut
  } else if (held_.empty()) {
    inner_.wait_for_frame(about);
  }
}

void FaultyTransport::hold_arrivals() {
  while (std::optional<Received> received = inner_.receive()) {
    held_.push_back(std::move(*received));
  }
}

}  // namespace hermes::transport
