#include "hermes/transport/in_proc_network.hpp"

#include <gtest/gtest.h>

#include "transport/world.hpp"

namespace hermes::transport {
namespace {

using testing::block;
using testing::number;

constexpr TransportLimits kLimits{.payload_bytes_max = 1000, .pending_sends_max = 4};

TEST(InProcNetworkTest, the_payload_is_the_very_memory_that_was_sent) {
  InProcNetwork network(2, kLimits);
  const auto server = network.endpoint(Rank{0});
  const auto worker = network.endpoint(Rank{1});
  const SharedBytes payload = block(1000, 1);
  ASSERT_TRUE(worker->send(Rank{0}, {number(1), payload}));
  const std::optional<Received> received = server->receive();
  ASSERT_TRUE(received.has_value());
  EXPECT_EQ(received->frame.payload.bytes.data(), payload.bytes.data());
  EXPECT_EQ(received->frame.payload.owner, payload.owner);
}

TEST(InProcNetworkTest, peers_are_served_in_turn) {
  InProcNetwork network(4, kLimits);
  const auto server = network.endpoint(Rank{0});
  for (const std::int32_t rank : {1, 2, 3}) {
    const auto worker = network.endpoint(Rank{rank});
    for (std::uint32_t i = 0; i < 3; ++i) {
      ASSERT_TRUE(worker->send(Rank{0}, {number(i), {}}));
    }
  }
  for (std::uint32_t i = 0; i < 3; ++i) {
    for (const std::int32_t rank : {1, 2, 3}) {
      const std::optional<Received> received = server->receive();
      ASSERT_TRUE(received.has_value());
      EXPECT_EQ(received->from, Rank{rank});
      EXPECT_EQ(number(received->frame), i);
    }
  }
  EXPECT_FALSE(server->receive().has_value());
}

TEST(InProcNetworkTest,
     simulated_time_moves_when_it_is_told_and_when_nothing_is_there_to_wait_for) {
  InProcNetwork network(2, kLimits);
  const auto server = network.endpoint(Rank{0});
  const auto worker = network.endpoint(Rank{1});
  EXPECT_EQ(server->now(), at_seconds(0.0));
  network.advance(seconds(2.0));
  EXPECT_EQ(worker->now(), at_seconds(2.0));
  server->wait(seconds(0.5));
  EXPECT_EQ(server->now(), at_seconds(2.5));
  server->wait(seconds(-1.0));
  ASSERT_TRUE(worker->send(Rank{0}, {number(1), {}}));
  server->wait(seconds(0.5));
  EXPECT_EQ(server->now(), at_seconds(2.5));
}

TEST(InProcNetworkTest, a_rank_may_send_to_itself_and_endpoints_outlive_the_network) {
  std::unique_ptr<Transport> endpoint;
  {
    InProcNetwork network(1, kLimits);
    endpoint = network.endpoint(Rank{0});
  }
  ASSERT_TRUE(endpoint->send(Rank{0}, {number(4), {}}));
  EXPECT_EQ(number(endpoint->receive().value().frame), 4U);
}

TEST(InProcNetworkDeathTest, a_rank_outside_the_network_is_a_bug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  InProcNetwork network(2, kLimits);
  const auto server = network.endpoint(Rank{0});
  EXPECT_DEATH(static_cast<void>(server->send(Rank{2}, {})), "no such rank");
  EXPECT_DEATH(static_cast<void>(server->send(Rank{1}, {Bytes(1025), {}})), "too long");
}

}  // namespace
}  // namespace hermes::transport
