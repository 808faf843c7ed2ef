#include "hermes/transport/faulty_transport.hpp"

#include <gtest/gtest.h>

#include <memory>

#include "hermes/transport/in_proc_network.hpp"
#include "transport/world.hpp"

namespace hermes::transport {
namespace {

using testing::block;
using testing::number;

class FaultyTransportTest : public ::testing::Test {
 protected:
  InProcNetwork network_{2, {.payload_bytes_max = 1000}};
  std::unique_ptr<Transport> server_ = network_.endpoint(Rank{0});
  std::unique_ptr<Transport> inner_ = network_.endpoint(Rank{1});
  FaultyTransport worker_{*inner_};
};

TEST_F(FaultyTransportTest, without_a_fault_it_is_the_transport_below) {
  ASSERT_TRUE(worker_.send(Rank{0}, {number(1), block(8, 1)}));
  EXPECT_EQ(number(server_->receive()->frame), 1U);
  ASSERT_TRUE(server_->send(Rank{1}, {number(2), {}}));
  EXPECT_EQ(number(worker_.receive()->frame), 2U);
  EXPECT_EQ(worker_.traffic(Rank{0}), inner_->traffic(Rank{0}));
}

TEST_F(FaultyTransportTest, a_cut_lets_nothing_through_and_loses_nothing) {
  worker_.cut_until(at_seconds(2.0));
  ASSERT_TRUE(server_->send(Rank{1}, {number(1), {}}));
  EXPECT_FALSE(worker_.send(Rank{0}, {number(7), {}}));
  EXPECT_FALSE(worker_.receive().has_value());
  ASSERT_TRUE(server_->send(Rank{1}, {number(2), {}}));
  EXPECT_FALSE(worker_.receive().has_value());
  network_.advance(seconds(2.0));
  ASSERT_TRUE(server_->send(Rank{1}, {number(3), {}}));
  for (const std::uint32_t expected : {1U, 2U, 3U}) {
    EXPECT_EQ(number(worker_.receive()->frame), expected);
  }
  EXPECT_TRUE(worker_.send(Rank{0}, {number(7), {}}));
  EXPECT_EQ(number(server_->receive()->frame), 7U);
}

TEST_F(FaultyTransportTest, who_waits_in_a_cut_waits_to_its_end_although_frames_arrive) {
  worker_.cut_until(at_seconds(2.0));
  ASSERT_TRUE(server_->send(Rank{1}, {number(1), {}}));
  worker_.wait(seconds(5.0));
  EXPECT_EQ(worker_.now(), at_seconds(2.0));
  worker_.wait(seconds(5.0));  // a frame is there
  EXPECT_EQ(worker_.now(), at_seconds(2.0));
  worker_.wait_for_frame(seconds(5.0));
  EXPECT_EQ(worker_.now(), at_seconds(2.0));
  EXPECT_EQ(number(worker_.receive()->frame), 1U);
  worker_.wait(seconds(0.5));
  EXPECT_EQ(worker_.now(), at_seconds(2.5));
}

TEST_F(FaultyTransportTest, one_payload_is_damaged_and_no_other_frame) {
  worker_.damage_next_payload();
  ASSERT_TRUE(worker_.send(Rank{0}, {number(1), {}}));
  ASSERT_TRUE(worker_.send(Rank{0}, {number(2), block(8, 1)}));
  ASSERT_TRUE(worker_.send(Rank{0}, {number(3), block(8, 1)}));
  EXPECT_EQ(number(server_->receive()->frame), 1U);
  EXPECT_NE(number(server_->receive()->frame), 2U);
  EXPECT_EQ(number(server_->receive()->frame), 3U);
}

}  // namespace
}  // namespace hermes::transport
