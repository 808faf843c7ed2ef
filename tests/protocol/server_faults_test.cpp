// What the server does when workers misbehave, fall silent, come back, or are not what they claim.
#include <gtest/gtest.h>


#include "protocol/server_driver.hpp"

namespace hermes::protocol {
namespace {

ServerDriver started(const StrategyConfig& strategy = BspConfig{}, std::uint32_t workers = 2) {
  ServerDriver driver(strategy, server_config(workers));
  driver.join_all();
  return driver;
}

TEST(ServerFaultsTest, worker_that_fell_silent_while_gathering_starts_with_the_others) {
  ServerDriver driver(BspConfig{}, server_config(2));
  driver.join(1);
  driver.idle(0.5, 11.0, {});
  ASSERT_EQ(driver.peer(1).state, PeerState::Lost);
  driver.say(1, Heartbeat{}, 12.0);
  EXPECT_EQ(driver.peer(1).state, PeerState::Joined);
  EXPECT_EQ(driver.noted<WorkerReturned>().size(), 1U);
  driver.join(2, 12.0);
  EXPECT_EQ(driver.server().state(), ServerState::Training);
  EXPECT_TRUE(driver.told<Release>(1).has_value());
}

}  // namespace
}  // namespace hermes::protocol
