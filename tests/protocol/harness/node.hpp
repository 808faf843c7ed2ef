#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "protocol/harness/event_queue.hpp"
#include "protocol/harness/network.hpp"
#include "protocol/harness/observer.hpp"
#include "protocol/harness/scenario.hpp"

namespace hermes::protocol::harness {

/// What a node lives in. Everything outlives the nodes.
struct Surroundings {
  const Scenario& scenario;
  EventQueue& events;
  Network& network;
  Observer& observer;
};

/// A process in virtual time: a mailbox, a clock that it looks at now and then, and at most one
/// piece of numeric work in progress. It can be frozen (mail and work wait) and it can die.
class Node {
 public:
  explicit Node(const Surroundings& surroundings) : world_(surroundings) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void start();
  void deliver(Frame frame);
  void freeze_until(Instant thaw);
  void die() { is_dead_ = true; }

  bool is_dead() const { return is_dead_; }
  bool is_finished() const { return is_finished_; }
  /// Neither acts nor listens any more.
  bool is_out() const { return is_dead_ || is_finished_; }

 protected:
  virtual void on_start() {}
  virtual void on_frame(const Frame& frame) = 0;
  virtual void on_tick() = 0;

  Instant now() const { return world_.events.now(); }
  bool is_busy() const { return work_.has_value(); }
  bool is_frozen() const { return now() < frozen_until_; }
  void begin_work(Duration length, EventQueue::Action done);
  void drop_work() { work_.reset(); }
  void finish() { is_finished_ = true; }

  Surroundings world_;

 private:
  struct Work {
    std::uint64_t id = 0;
    Instant done_at{};
    EventQueue::Action done;
  };
  void poll();
  void tick_for_ever();
  void schedule_work();

  std::deque<Frame> mailbox_;
  std::optional<Work> work_;
  std::uint64_t next_work_id_ = 1;
  Instant frozen_until_{};
  bool is_dead_ = false;
  bool is_finished_ = false;
};

}  // namespace hermes::protocol::harness
