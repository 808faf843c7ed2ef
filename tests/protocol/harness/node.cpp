#include "protocol/harness/node.hpp"

#include <algorithm>
#include <utility>

namespace hermes::protocol::harness {

void Node::start() {
  on_start();
  tick_for_ever();
}

void Node::deliver(Frame frame) {
  if (is_out()) {
    return;
  }
  mailbox_.push_back(std::move(frame));
  poll();
}

/// The driver loop of the real executors: first all mail, then the clock.
void Node::poll() {
  if (is_frozen()) {
    return;
  }
  while (!mailbox_.empty() && !is_out()) {
    const Frame frame = std::move(mailbox_.front());
    mailbox_.pop_front();
    on_frame(frame);
  }
  if (!is_out()) {
    on_tick();
  }
}

void Node::tick_for_ever() {
  if (is_out()) {
    return;
  }
  poll();
  world_.events.after(world_.scenario.timing.tick, [this] { tick_for_ever(); });
}

void Node::begin_work(Duration length, EventQueue::Action done) {
  work_ = Work{next_work_id_++, now() + length, std::move(done)};
  schedule_work();
}

void Node::schedule_work() {
  world_.events.at(work_->done_at, [this, id = work_->id] {
    if (is_out() || !work_ || work_->id != id) {
      return;
    }
    const EventQueue::Action done = std::move(work_->done);
    work_.reset();
    done();
  });
}

void Node::freeze_until(Instant thaw) {
  const Instant from = std::max(now(), frozen_until_);
  if (thaw <= from) {
    return;
  }
  if (work_) {
    work_->id = next_work_id_++;
    work_->done_at += thaw - from;
    schedule_work();
  }
  frozen_until_ = thaw;
}

}  // namespace hermes::protocol::harness
