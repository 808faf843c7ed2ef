#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/frame.hpp"
#include "hermes/core/random.hpp"
#include "hermes/protocol/message.hpp"
#include "hermes/protocol/run_trait.hpp"

/// Messages for the tests of the codec: one fixed message of each kind, and random ones.
namespace hermes::wire::testing {

inline SharedParameters parameters(std::vector<float> values) {
  auto owner = std::make_shared<const std::vector<float>>(std::move(values));
  return {owner, *owner};
}

/// One of each kind, every field different from its neighbours.
inline std::vector<protocol::Message> one_of_each() {
  using namespace protocol;
  const Assignment assignment{3, RowOrder::ByLabel, 5, 19, 23, 7, 11, 13, 17};
  return {
      {Join{"0.1.0", {0x1122334455667788, 7}, 42, 9000}, {}},
      {Report{ReportKind::Push, PayloadKind::Delta, true, false, Ticket{1}, Round{2}, Version{3}, 4,
              5, 6, 0.5, 0.4375, 0.375, 0.625, 0.25, -0.125, 2.0,
              GateReading{-1.5, 1.0, 0.75, -1.25, 7, GateCause::Silence}},
       parameters({1.0F, -2.0F, 0.5F})},
      {Heartbeat{}, {}},
      {Leave{StopReason::BadInput, WorkerTotals{1, 2, 3, 4, 5, 0.5, 0.0625, 0.125, 0.25, 0.75, 2.0},
             "no rows"},
       {}},
      {Release{Ticket{8}, Version{9}, ModelSource::Attached, assignment, RoundPlan{2, 0.75}, 0.375},
       parameters({3.0F})},
      {Collect{Ticket{10}, 0.25}, {}},
      {Stop{StopReason::Patience, 3, "done"}, {}},
      {Capture{true}, {}},
  };
}

inline std::string random_text(RandomStream& random) {
  std::string text(random.below(257), ' ');
  for (char& c : text) {
    c = static_cast<char>(random.below(128));
  }
  return text;
}

/// A random message of the kind with this place in the variant. Numbers are finite.
inline protocol::Message random_message(std::size_t kind, RandomStream& random) {
  using namespace protocol;
  const auto u32 = [&] { return static_cast<std::uint32_t>(random.next()); };
  const auto real = [&] { return random.normal() * 1e3; };
  const auto values = [&] {
    std::vector<float> block(1 + random.below(100));
    for (float& value : block) {
      value = static_cast<float>(random.normal());
    }
    return parameters(std::move(block));
  };
  const auto reason = [&] { return static_cast<StopReason>(random.below(11)); };
  Message message = one_of_each()[kind];
  if (auto* join = std::get_if<Join>(&message.body)) {
    std::vector<std::uint64_t> hashes(random.below(protocol::kRunTraitsMax + 1));
    std::ranges::generate(hashes, [&random] { return random.next(); });
    *join = {random_text(random), std::move(hashes), random.next(), random.next()};
  } else if (auto* report = std::get_if<Report>(&message.body)) {
    *report = {static_cast<ReportKind>(random.below(4)),
               static_cast<PayloadKind>(random.below(4)),
               random.below(2) == 1,
               random.below(2) == 1,
               {random.next()},
               {random.next()},
               {random.next()},
               u32(),
               random.next(),
               random.next(),
               real(),
               real(),
               real(),
               real(),
               real(),
               real(),
               real(),
               {real(), real(), real(), real(), u32(), static_cast<GateCause>(random.below(5))}};
    message.payload = report->payload == PayloadKind::None ? SharedParameters{} : values();
  } else if (auto* leave = std::get_if<Leave>(&message.body)) {
    *leave = {reason(),
              {random.next(), random.next(), random.next(), random.next(), random.next(), real(),
               real(), real(), real(), real(), real()},
              random_text(random)};
  } else if (auto* release = std::get_if<Release>(&message.body)) {
    *release = {{random.next()},
                {random.next()},
                static_cast<ModelSource>(random.below(3)),
                {random.next(), static_cast<RowOrder>(random.below(2)), random.next(), u32(), u32(),
                 random.next(), random.next(), random.next(), u32()},
                {u32(), real()},
                real()};
    message.payload = release->model == ModelSource::Attached ? values() : SharedParameters{};
  } else if (auto* collect = std::get_if<Collect>(&message.body)) {
    *collect = {{random.next()}, real()};
  } else if (auto* stop = std::get_if<Stop>(&message.body)) {
    *stop = {reason(), u32(), random_text(random)};
  } else if (auto* capture = std::get_if<Capture>(&message.body)) {
    *capture = {random.below(2) == 1};
  }
  return message;
}

/// Equal bodies and bit-equal payloads.
inline bool same(const protocol::Message& a, const protocol::Message& b) {
  return a.body == b.body &&
         std::ranges::equal(std::as_bytes(a.payload.values()), std::as_bytes(b.payload.values()));
}

/// The frame as it arrives elsewhere: the same bytes in other memory.
inline Frame received(const Frame& frame) {
  auto owner = std::make_shared<const AlignedVector<std::byte>>(frame.payload.bytes.begin(),
                                                                frame.payload.bytes.end());
  return {frame.header, {owner, *owner}};
}

}  // namespace hermes::wire::testing
