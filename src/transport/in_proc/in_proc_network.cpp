#include "hermes/transport/in_proc_network.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <utility>
#include <vector>

#include "hermes/core/assert.hpp"

namespace hermes::transport {

namespace {

/// What one rank has not yet received. `turns` holds every source with frames once, in the order
/// in which they are served.
struct Mailbox {
  explicit Mailbox(std::size_t sources) : frames(sources) { turns.reserve(sources); }

  std::vector<std::list<Frame>> frames;
  std::list<Frame> spare;  // places of frames, to be used again
  std::vector<std::int32_t> turns;
  std::condition_variable arrived;
};

}  // namespace

struct InProcNetwork::Shared {
  Shared(std::int32_t ranks, const TransportLimits& all_limits, LocalTime given_time)
      : rank_count(ranks), limits(all_limits), time(std::move(given_time)) {
    for (std::int32_t rank = 0; rank < rank_count; ++rank) {
      mailboxes.emplace_back(static_cast<std::size_t>(rank_count));
    }
  }

  std::int32_t rank_count;
  TransportLimits limits;
  LocalTime time;
  std::mutex mutex;  // guards what follows
  Instant simulated_now{};
  std::deque<Mailbox> mailboxes;
};

class InProcNetwork::Endpoint final : public Transport {
 public:
  Endpoint(std::shared_ptr<Shared> shared, Rank rank)
      : shared_(std::move(shared)),
        rank_(rank),
        traffic_(static_cast<std::size_t>(shared_->rank_count)),
        broken_(traffic_.size()) {}

  Rank rank() const override { return rank_; }
  std::int32_t rank_count() const override { return shared_->rank_count; }

  Instant now() const override {
    if (shared_->time.now) {
      return shared_->time.now();
    }
    const std::lock_guard lock(shared_->mutex);
    return shared_->simulated_now;
  }

  bool send(Rank to, Frame frame) override {
    HERMES_ASSERT(frame.header.size() <= shared_->limits.header_bytes_max, "send: long header");
    Traffic& traffic = traffic_[index(to)];
    const std::size_t bytes = frame.header.size() + frame.payload.bytes.size();
    const std::lock_guard lock(shared_->mutex);
    Mailbox& mailbox = shared_->mailboxes[index(to)];
    std::list<Frame>& queue = mailbox.frames[index(rank_)];
    if (queue.size() >= shared_->limits.pending_sends_max) {
      return false;
    }
    if (queue.empty()) {
      mailbox.turns.push_back(rank_.value);
    }
    if (mailbox.spare.empty()) {
      mailbox.spare.emplace_back();
    }
    mailbox.spare.front() = std::move(frame);
    queue.splice(queue.end(), mailbox.spare, mailbox.spare.begin());
    ++traffic.frames_sent;
    traffic.bytes_sent += bytes;
    mailbox.arrived.notify_one();
    return true;
  }

  std::optional<Received> receive() override {
    std::optional<Received> received = take();
    if (!received) {
      return received;
    }
    Traffic& traffic = traffic_[index(received->from)];
    const std::size_t payload_bytes = received->frame.payload.bytes.size();
    if (payload_bytes > shared_->limits.payload_bytes_max) {
      broken_[index(received->from)] = true;
    }
    if (broken_[index(received->from)]) {
      ++traffic.malformed_received;
      return Received{received->from, {}, true};
    }
    ++traffic.frames_received;
    traffic.bytes_received += received->frame.header.size() + payload_bytes;
    return received;
  }

  void wait(Duration at_most) override {
    std::unique_lock lock(shared_->mutex);
    Mailbox& mailbox = shared_->mailboxes[index(rank_)];
    if (!shared_->time.now) {
      if (mailbox.turns.empty() && at_most > Duration::zero()) {
        shared_->simulated_now += at_most;
      }
      return;
    }
    if (shared_->time.pause) {
      if (mailbox.turns.empty()) {
        lock.unlock();
        shared_->time.pause(at_most);
      }
      return;
    }
    // A bound that the clock of the standard library can hold.
    mailbox.arrived.wait_for(lock, std::min(at_most, seconds(3600.0)),
                             [&] { return !mailbox.turns.empty(); });
  }

  void compute(double flops) override {
    if (shared_->time.compute) {
      shared_->time.compute(flops);
    }
  }

  std::size_t pending_sends(Rank) const override { return 0; }
  bool flush(Instant) override { return true; }
  void abandon(Rank) override {}
  const Traffic& traffic(Rank peer) const override { return traffic_[index(peer)]; }

 private:
  std::optional<Received> take() {
    const std::lock_guard lock(shared_->mutex);
    Mailbox& mailbox = shared_->mailboxes[index(rank_)];
    if (mailbox.turns.empty()) {
      return std::nullopt;
    }
    const Rank from{mailbox.turns.front()};
    mailbox.turns.erase(mailbox.turns.begin());
    std::list<Frame>& queue = mailbox.frames[index(from)];
    Received received{from, std::move(queue.front())};
    mailbox.spare.splice(mailbox.spare.end(), queue, queue.begin());
    if (!queue.empty()) {
      mailbox.turns.push_back(from.value);
    }
    return received;
  }

  std::size_t index(Rank rank) const {
    HERMES_ASSERT(rank.value >= 0 && rank.value < shared_->rank_count, "no such rank");
    return static_cast<std::size_t>(rank.value);
  }

  std::shared_ptr<Shared> shared_;
  Rank rank_;
  std::vector<Traffic> traffic_;
  std::vector<bool> broken_;
};

LocalTime real_time() {
  return {.now = [start = std::chrono::steady_clock::now()] {
    return Instant(std::chrono::steady_clock::now() - start);
  }};
}

InProcNetwork::InProcNetwork(std::int32_t rank_count, TransportLimits limits, LocalTime time)
    : shared_(std::make_shared<Shared>(rank_count, limits, std::move(time))) {}

std::unique_ptr<Transport> InProcNetwork::endpoint(Rank rank) {
  HERMES_ASSERT(rank.value >= 0 && rank.value < shared_->rank_count, "no such rank");
  return std::make_unique<Endpoint>(shared_, rank);
}

void InProcNetwork::advance(Duration duration) {
  HERMES_ASSERT(!shared_->time.now, "advance: this network has a clock of its own");
  const std::lock_guard lock(shared_->mutex);
  shared_->simulated_now += duration;
}

}  // namespace hermes::transport
