#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "hermes/protocol/message.hpp"
#include "protocol/harness/checker.hpp"

namespace hermes::protocol::harness {

/// A fingerprint of everything that happened in a run: each event, each effect, each instant, each
/// parameter sent.
class Trace {
 public:
  void add(const ServerStep& step);
  void add(const WorkerStep& step);
  std::uint64_t hash() const { return hash_; }

 private:
  void word(std::uint64_t value);
  void real(double value);
  void text(std::string_view value);
  void values(std::span<const float> values);
  void body(const MessageBody& body);
  void message(const Message& message);
  void report(const Report& report);

  std::uint64_t hash_ = 14695981039346656037ULL;
};

}  // namespace hermes::protocol::harness
