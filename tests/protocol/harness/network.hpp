#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/protocol/message.hpp"
#include "protocol/harness/event_queue.hpp"
#include "protocol/harness/scenario.hpp"

namespace hermes::protocol::harness {

/// What arrives at a node.
struct Frame {
  Rank from{};
  Message message{};
  bool is_garbled = false;
};

/// Links between the server and each worker: random delays, order kept within a link and a
/// direction (as MPI does) but not between links, nothing lost; an outage holds back what would
/// have arrived during it.
///
/// Requires: scenario and events outlive it.
class Network {
 public:
  using Deliver = std::function<void(Rank to, Frame frame)>;

  Network(const Scenario& scenario, EventQueue& events, Deliver deliver);

  void send(Rank from, Rank to, Message message);
  std::size_t in_flight(Rank from, Rank to) const;

 private:
  struct Link {
    Instant last_arrival{};
    std::size_t in_flight = 0;
  };
  static std::size_t index(Rank from, Rank to);
  Instant arrival_of_next(Rank worker);

  const Scenario& scenario_;
  EventQueue& events_;
  Deliver deliver_;
  RandomStream random_;
  std::vector<Link> links_;
};

}  // namespace hermes::protocol::harness
