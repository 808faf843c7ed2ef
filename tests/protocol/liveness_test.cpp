#include "hermes/protocol/liveness.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "hermes/core/random.hpp"

namespace hermes::protocol {
namespace {

TEST(SilenceMonitorTest, floor_holds_while_nothing_is_known) {
  SilenceMonitor monitor(seconds(10.0), 8.0);
  EXPECT_EQ(monitor.deadline(), seconds(10.0));
  monitor.heard(at_seconds(100.0));
  EXPECT_EQ(monitor.deadline(), seconds(10.0));
  EXPECT_FALSE(monitor.is_overdue(at_seconds(110.0)));
  EXPECT_TRUE(monitor.is_overdue(at_seconds(110.1)));
}

TEST(SilenceMonitorTest, regular_rhythm_stays_at_the_floor) {
  SilenceMonitor monitor(seconds(3.0), 8.0);
  for (int i = 0; i < 100; ++i) {
    monitor.heard(at_seconds(0.5 * i));
  }
  EXPECT_EQ(monitor.deadline(), seconds(3.0));
}

TEST(SilenceMonitorTest, slow_peer_gets_the_time_it_usually_takes) {
  SilenceMonitor monitor(seconds(3.0), 8.0);
  for (int i = 0; i < 40; ++i) {
    monitor.heard(at_seconds(20.0 * i));
  }
  EXPECT_EQ(monitor.deadline(), seconds(20.0));
}

TEST(SilenceMonitorTest, one_long_pause_does_not_move_the_deadline) {
  SilenceMonitor monitor(seconds(1.0), 8.0);
  double now = 0.0;
  for (int i = 0; i < 40; ++i) {
    monitor.heard(at_seconds(now += 0.5));
  }
  monitor.heard(at_seconds(now += 1000.0));
  EXPECT_EQ(monitor.deadline(), seconds(1.0));
}

TEST(SilenceMonitorTest, pardon_starts_the_silence_afresh) {
  SilenceMonitor monitor(seconds(10.0), 8.0);
  monitor.heard(at_seconds(0.0));
  ASSERT_TRUE(monitor.is_overdue(at_seconds(60.0)));
  monitor.pardon(at_seconds(60.0));
  EXPECT_FALSE(monitor.is_overdue(at_seconds(69.0)));
  EXPECT_EQ(monitor.silent(at_seconds(69.0)), seconds(9.0));
  EXPECT_TRUE(monitor.is_overdue(at_seconds(71.0)));
}

double slow_median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

TEST(SilenceMonitorTest, agrees_with_the_slow_version_on_random_arrivals) {
  RandomStream random(3, RandomPurpose::Test);
  SilenceMonitor monitor(seconds(0.5), 4.0);
  std::vector<double> intervals;
  Instant now = at_seconds(5.0);
  monitor.heard(now);
  for (int i = 0; i < 500; ++i) {
    const Instant next = now + seconds(std::exp(random.normal()));
    intervals.push_back((next - now).count());
    now = next;
    monitor.heard(now);
    const std::size_t n = std::min<std::size_t>(intervals.size(), 32);
    std::vector<double> last(intervals.end() - static_cast<std::ptrdiff_t>(n), intervals.end());
    const double median = slow_median(last);
    for (double& value : last) {
      value = std::abs(value - median);
    }
    const double expected = std::max(0.5, median + 4.0 * slow_median(last));
    ASSERT_DOUBLE_EQ(monitor.deadline().count(), expected) << "arrival " << i;
  }
}

}  // namespace
}  // namespace hermes::protocol
