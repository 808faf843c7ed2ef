#pragma once

#include <memory>
#include <string>
#include <utility>

#include "protocol/harness/checker.hpp"
#include "protocol/harness/tally.hpp"
#include "protocol/harness/trace.hpp"

namespace hermes::protocol::harness {

/// Sees every step of every node; hands it to the checkers, the trace and the tally.
class Observer {
 public:
  explicit Observer(Checkers checkers) : checkers_(std::move(checkers)) {}

  void add(std::unique_ptr<Checker> checker) { checkers_.push_back(std::move(checker)); }
  template <class Step>
  void saw(const Step& step) {
    trace_.add(step);
    tally_.after(step, verdict_);
    for (const auto& checker : checkers_) {
      checker->after(step, verdict_);
    }
  }
  void ended(const WorldEnd& end) {
    for (const auto& checker : checkers_) {
      checker->at_end(end, verdict_);
    }
  }
  Verdict& verdict() { return verdict_; }
  const Trace& trace() const { return trace_; }
  const Tally& tally() const { return tally_; }

 private:
  Checkers checkers_;
  Verdict verdict_;
  Trace trace_;
  Tally tally_;
};

}  // namespace hermes::protocol::harness
