#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hermes/transport/transport.hpp"

/// Frames with known content, and ranks to exchange them, for the tests of the transports.
namespace hermes::transport::testing {

/// Waits until every rank has come here.
using Barrier = std::function<void()>;
using Program = std::function<void(Transport&, const Barrier&)>;

/// Runs a program on every rank and returns when all have ended.
struct World {
  virtual ~World() = default;
  virtual void run(const TransportLimits& limits, const Program& program) = 0;
};
/// For a parameterised suite.
struct NamedWorld {
  const char* name;
  std::function<std::unique_ptr<World>()> make;

  friend void PrintTo(const NamedWorld& world, std::ostream* out) { *out << world.name; }
};
inline std::string name_of(const ::testing::TestParamInfo<NamedWorld>& info) {
  return info.param.name;
}

constexpr std::size_t kMiB = std::size_t{1} << 20U;
constexpr Duration kPatience = seconds(30.0);

/// `bytes` bytes that depend on the seed.
inline SharedBytes block(std::size_t bytes, std::uint32_t seed) {
  auto owner = std::make_shared<Bytes>(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    (*owner)[i] = static_cast<std::byte>((i * 31 + i / 251 + std::size_t{seed} * 7) & 0xFFU);
  }
  const std::span<const std::byte> view(*owner);
  return {std::move(owner), view};
}

inline Bytes number(std::uint32_t value) {
  Bytes bytes(sizeof(value));
  std::memcpy(bytes.data(), &value, sizeof(value));
  return bytes;
}

inline std::uint32_t number(const Frame& frame) {
  std::uint32_t value = 0;
  EXPECT_EQ(frame.header.size(), sizeof(value));
  std::memcpy(&value, frame.header.data(), std::min(sizeof(value), frame.header.size()));
  return value;
}

inline bool equal(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// The next frame; fails the test when none comes.
inline Received await(Transport& transport) {
  const Instant deadline = transport.now() + kPatience;
  while (transport.now() < deadline) {
    if (std::optional<Received> received = transport.receive()) {
      return std::move(*received);
    }
    transport.wait(seconds(0.1));
  }
  ADD_FAILURE() << "rank " << transport.rank().value << ": no frame came";
  return {};
}

inline void flush(Transport& transport) {
  EXPECT_TRUE(transport.flush(transport.now() + kPatience)) << "rank " << transport.rank().value;
}

inline std::vector<Rank> others(const Transport& transport) {
  std::vector<Rank> ranks;
  for (std::int32_t rank = 0; rank < transport.rank_count(); ++rank) {
    if (rank != transport.rank().value) {
      ranks.push_back(Rank{rank});
    }
  }
  return ranks;
}

/// Waits, without receiving, until something holds.
template <class Condition>
bool eventually(Transport& transport, Condition condition) {
  const Instant deadline = transport.now() + kPatience;
  while (!condition() && transport.now() < deadline) {
    transport.wait(seconds(0.001));
    transport.flush(transport.now());
  }
  return condition();
}

}  // namespace hermes::transport::testing
