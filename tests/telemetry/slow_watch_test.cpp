#include "hermes/telemetry/slow_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

using protocol::ReportKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(SlownessTest, is_named_after_what_grew_most) {
  const RoundTimes usual{.compute_seconds = 1.0, .data_seconds = 0.5, .network_seconds = 0.25};
  struct Case {
    RoundTimes round;
    Slowness expected;
  };
  const std::vector<Case> cases = {
      {{1.0, 0.5, 0.25}, Slowness::None},
      {{2.0, 1.0, 0.5}, Slowness::None},  // twice as long is not more than twice as long
      {{2.5, 1.0, 0.5}, Slowness::Compute},
      {{9.0, 0.5, 0.25}, Slowness::Compute},
      {{1.0, 9.0, 0.25}, Slowness::Data},
      {{1.0, 0.5, 9.0}, Slowness::Network},
      {{0.0, 0.0, 9.0}, Slowness::Network},
      {{4.0, 3.0, 2.0}, Slowness::Compute},
      {{0.0, 0.0, 0.0}, Slowness::None},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(slowness_of(c.round, usual), c.expected)
        << c.round.compute_seconds << ' ' << c.round.data_seconds << ' ' << c.round.network_seconds;
  }
}

TEST(SlownessTest, milliseconds_are_noise) {
  EXPECT_EQ(slowness_of({.compute_seconds = 0.015}, {.compute_seconds = 0.001}), Slowness::None);
  EXPECT_EQ(slowness_of({.compute_seconds = 0.030}, {.compute_seconds = 0.001}), Slowness::Compute);
}

/// A worker that trains round after round, and what is said of it.
class SlowWatchTest : public testing::Test {
 protected:
  void train(int rounds, double compute, double data = 0.0, double network = 0.0,
             std::uint64_t samples = 160) {
    for (int i = 0; i < rounds; ++i) {
      note(protocol::Released{rank(1)});
      now_ += compute + data + network;
      protocol::ReportAccepted accepted = report(1, ++round_, ReportKind::Push);
      accepted.report.compute_seconds = 0.75 * compute;
      accepted.report.evaluation_seconds = 0.25 * compute;
      accepted.report.data_seconds = data;
      accepted.report.round_seconds = compute + data;
      accepted.report.samples = samples;
      note(accepted);
      now_ += 10.0;  // waiting for a release is nobody's slowness
    }
  }
  void note(const protocol::Record& record) {
    for (const std::string& line : watch_.record(record, at_seconds(now_))) {
      said_.push_back(line);
    }
  }
  /// Time passes, with or without heartbeats.
  void pass(double time, bool is_heard) {
    for (double until = now_ + time; now_ < until; now_ += 0.25) {
      if (is_heard) {
        watch_.heard(rank(1), at_seconds(now_));
      }
      for (const std::string& line : watch_.tick(at_seconds(now_))) {
        said_.push_back(line);
      }
    }
  }

  SlowWatch watch_{seconds(0.5)};
  std::vector<std::string> said_;
  double now_ = 0.0;
  std::uint64_t round_ = 0;
};

TEST_F(SlowWatchTest, an_even_worker_is_no_news) {
  train(50, 0.5, 0.1, 0.1);
  pass(0.75, true);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(SlowWatchTest, each_reason_is_said_once_and_so_is_the_end) {
  train(10, 0.5, 0.125, 0.125);
  train(20, 4.0, 0.125, 0.125);
  train(20, 0.5, 0.125, 0.125);
  train(20, 0.5, 5.0, 0.125);
  train(20, 0.5, 0.125, 6.0);
  EXPECT_THAT(said_,
              ElementsAre("worker 1 is slow: computing takes 4 s a round instead of 0.5 s",
                          "worker 1 is as fast as usual again",
                          "worker 1 is slow: waiting for data takes 5 s a round instead of 0.125 s",
                          "worker 1 is slow: the network takes 6 s a round instead of 0.125 s"));
}

TEST_F(SlowWatchTest, one_or_two_long_rounds_are_no_news) {
  train(10, 0.5);
  train(2, 4.0);
  train(1, 0.5);
  train(2, 4.0);
  train(5, 0.5);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(SlowWatchTest, more_rows_take_longer_and_that_is_not_slow) {
  train(10, 0.5);
  train(10, 4.0, 0.0, 0.0, 8 * 160);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(SlowWatchTest, who_owes_a_report_and_is_silent_is_named_while_it_happens) {
  train(10, 0.5);
  note(protocol::Released{rank(1)});
  pass(0.5, true);
  pass(60.0, false);
  EXPECT_THAT(said_, ElementsAre(testing::AllOf(HasSubstr("worker 1 is late: "),
                                                HasSubstr("usually 0.5 s; silent for"))));
}

TEST_F(SlowWatchTest, who_owes_a_report_and_sends_heartbeats_is_at_its_round) {
  train(10, 0.5);
  note(protocol::Released{rank(1)});
  pass(60.0, true);
  EXPECT_THAT(said_,
              ElementsAre(HasSubstr("but sends heartbeats (computing, or waiting for data)")));
  train(1, 0.5);
  note(protocol::Released{rank(1)});
  pass(60.0, true);
  EXPECT_EQ(said_.size(), 2U);  // late again
}

TEST_F(SlowWatchTest, a_worker_that_waits_owes_nothing) {
  train(10, 0.5);
  pass(60.0, false);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(SlowWatchTest, a_lost_worker_is_not_late_as_well_and_begins_anew) {
  train(10, 0.5);
  note(protocol::Released{rank(1)});
  note(protocol::WorkerLost{rank(1), seconds(1.0)});
  pass(60.0, false);
  train(10, 4.0);  // another machine, as far as anybody knows
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(SlowWatchTest, a_server_that_was_away_takes_nobody_for_silent) {
  train(10, 0.5);
  note(protocol::Released{rank(1)});
  pass(0.5, true);
  now_ += 60.0;
  pass(0.25, false);
  EXPECT_THAT(said_, ElementsAre(HasSubstr("but sends heartbeats")));
}

}  // namespace
}  // namespace hermes::telemetry
