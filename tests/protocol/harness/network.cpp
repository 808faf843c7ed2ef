#include "protocol/harness/network.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace hermes::protocol::harness {

Network::Network(const Scenario& scenario, EventQueue& events, Deliver deliver)
    : scenario_(scenario),
      events_(events),
      deliver_(std::move(deliver)),
      random_(scenario.timing.seed, RandomPurpose::Test, 4),
      links_(2 * static_cast<std::size_t>(scenario.workers())) {}

std::size_t Network::index(Rank from, Rank to) {
  const bool is_down = from == kServerRank;
  const Rank worker = is_down ? to : from;
  return 2 * (static_cast<std::size_t>(worker.value) - 1) + (is_down ? 1 : 0);
}

Instant Network::arrival_of_next(Rank worker) {
  const Timing& timing = scenario_.timing;
  const Duration delay = timing.delay_min - std::log(1.0 - random_.uniform()) * timing.delay_mean;
  Instant arrival = events_.now() + delay;
  for (const Outage& outage : scenario_.faults.outages) {
    if (outage.worker == worker && arrival >= outage.begin && arrival < outage.end) {
      arrival = outage.end;
    }
  }
  return arrival;
}

void Network::send(Rank from, Rank to, Message message) {
  const bool is_up = to == kServerRank;
  const Rank worker = is_up ? from : to;
  Link& link = links_[index(from, to)];
  link.last_arrival = std::max(link.last_arrival, arrival_of_next(worker));
  ++link.in_flight;
  Frame frame{from, std::move(message), false};
  frame.is_garbled = is_up && random_.uniform() < scenario_.faults.noise_of(worker).garbled;
  events_.at(link.last_arrival, [this, to, frame = std::move(frame)] {
    --links_[index(frame.from, to)].in_flight;
    deliver_(to, frame);
  });
}

std::size_t Network::in_flight(Rank from, Rank to) const {
  return links_[index(from, to)].in_flight;
}

}  // namespace hermes::protocol::harness
