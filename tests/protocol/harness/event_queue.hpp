#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

#include "hermes/core/time.hpp"

namespace hermes::protocol::harness {

/// Virtual time: actions in order of their instant, ties in order of their scheduling.
class EventQueue {
 public:
  using Action = std::function<void()>;

  Instant now() const { return now_; }

  void at(Instant when, Action action) {
    heap_.push_back({std::max(when, now_), next_sequence_++, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), is_later);
  }
  void after(Duration delay, Action action) { at(now_ + delay, std::move(action)); }

  /// Runs the next action; false when there is none.
  bool run_next() {
    if (heap_.empty()) {
      return false;
    }
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    const Event event = std::move(heap_.back());
    heap_.pop_back();
    now_ = event.when;
    event.action();
    return true;
  }

 private:
  struct Event {
    Instant when;
    std::uint64_t sequence;
    Action action;
  };
  static bool is_later(const Event& a, const Event& b) {
    return std::tie(a.when, a.sequence) > std::tie(b.when, b.sequence);
  }

  Instant now_{};
  std::uint64_t next_sequence_ = 0;
  std::vector<Event> heap_;
};

}  // namespace hermes::protocol::harness
