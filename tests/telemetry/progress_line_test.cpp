#include "hermes/telemetry/progress_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

using protocol::ReportKind;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kWide = 200;
constexpr const char* kErase = "\r\x1b[K";

/// Two workers, training since second 10; 4 rounds of 160 samples and 1 push at second 20.
RunStatistics running() {
  RunStatistics statistics({.strategy = "hermes", .workers = 2, .seed = 1});
  statistics.record(protocol::WorkerJoined{rank(1)}, at_seconds(1.0), {});
  statistics.record(protocol::WorkerJoined{rank(2)}, at_seconds(2.0), {});
  statistics.record(protocol::TrainingStarted{2}, at_seconds(10.0), {});
  for (std::uint64_t round = 1; round <= 3; ++round) {
    statistics.record(report(1, round, ReportKind::Suppressed), at_seconds(15.0), {});
  }
  statistics.record(report(2, 1, ReportKind::Push), at_seconds(20.0), {1048576, 524288, 0});
  return statistics;
}

std::string text(const RunStatistics& statistics, std::size_t width = kWide,
                 const ProgressConfig& config = {}) {
  return progress_text(statistics, config, width, at_seconds(20.0));
}

TEST(ProgressTextTest, before_training_it_says_who_is_awaited) {
  RunStatistics statistics({.strategy = "bsp", .workers = 4});
  statistics.record(protocol::WorkerJoined{rank(3)}, at_seconds(0.5), {});
  EXPECT_EQ(text(statistics), "20.0 s  waiting for workers, 1/4 here");
  EXPECT_EQ(text(statistics, 12), "20.0 s  1/4");
}

TEST(ProgressTextTest, in_training_it_shows_the_numbers) {
  RunStatistics statistics = running();
  EXPECT_EQ(text(statistics), "20.0 s  rounds 4  pushes 1  1.5 MiB  64 samples/s  2/2 workers");
  statistics.record(evaluation(1, 0.5, 0.875, true), at_seconds(20.0), {1048576, 524288, 0});
  EXPECT_EQ(text(statistics),
            "20.0 s  rounds 4  pushes 1  loss 0.5000  accuracy 0.8750  1.5 MiB  64 samples/s  "
            "2/2 workers");
}

TEST(ProgressTextTest, the_first_instant_of_training_has_no_rate) {
  RunStatistics statistics({.strategy = "bsp", .workers = 1});
  statistics.record(protocol::WorkerJoined{rank(1)}, at_seconds(0.5), {});
  statistics.record(protocol::TrainingStarted{1}, at_seconds(20.0), {});
  EXPECT_EQ(text(statistics), "20.0 s  rounds 0  pushes 0  0 B  1/1 workers");
}

TEST(ProgressTextTest, a_narrow_terminal_gets_the_important_parts) {
  RunStatistics statistics = running();
  statistics.record(evaluation(1, 0.5, 0.875, true), at_seconds(20.0), {1048576, 524288, 0});
  EXPECT_EQ(text(statistics, 79),
            "20.0 s  rounds 4  pushes 1  loss 0.5000  acc 0.8750  1.5 MiB  64/s  2/2");
  EXPECT_EQ(text(statistics, 63),
            "rounds 4  pushes 1  loss 0.5000  acc 0.8750  1.5 MiB  64/s  2/2");
  EXPECT_EQ(text(statistics, 40), "rounds 4  loss 0.5000  acc 0.8750  2/2");
  EXPECT_EQ(text(statistics, 10), "acc 0.8750");
  EXPECT_EQ(text(statistics, 3), "acc");
}

TEST(ProgressTextTest, it_fits_every_width) {
  RunStatistics statistics = running();
  statistics.record(evaluation(1, 0.5, 0.875, true), at_seconds(20.0), {});
  for (std::size_t width = 0; width < 120; ++width) {
    EXPECT_LE(text(statistics, width, {.max_time = seconds(900.0)}).size(), width);
  }
}

TEST(ProgressTextTest, the_nearest_limit_gives_the_eta) {
  struct Case {
    std::uint64_t max_rounds;
    double max_time;
    std::string eta;
  };
  // Trained for 10 s; the fastest worker has done 3 rounds.
  const std::vector<Case> cases = {
      {0, 0.0, ""},
      {6, 0.0, "ETA 10.0 s"},
      {0, 70.0, "ETA 1m 00s"},
      {6, 70.0, "ETA 10.0 s"},
      {60, 15.0, "ETA 5.0 s"},
      {2, 0.0, "ETA 0.0 s"},
      {0, 5.0, "ETA 0.0 s"},
  };
  for (const Case& c : cases) {
    const std::string line =
        text(running(), kWide, {.max_rounds = c.max_rounds, .max_time = seconds(c.max_time)});
    const std::size_t found = line.find("ETA");
    EXPECT_EQ(found == std::string::npos ? "" : line.substr(found), c.eta);
  }
}

TEST(ProgressLineTest, on_a_terminal_it_redraws_one_line_at_most_five_times_a_second) {
  std::ostringstream screen;
  ProgressLine line(screen, {.terminal = true, .width = 60});
  RunStatistics statistics({.strategy = "bsp", .workers = 1});
  for (const double now : {0.0, 0.05, 0.1, 0.19, 0.21, 0.3, 0.4, 0.45}) {
    line.update(statistics, at_seconds(now));
  }
  EXPECT_EQ(screen.str(), std::string(kErase) + "0.0 s  waiting for workers, 0/1 here" + kErase +
                              "0.2 s  waiting for workers, 0/1 here" + kErase +
                              "0.5 s  waiting for workers, 0/1 here");
}

TEST(ProgressLineTest, the_line_leaves_the_last_column_free) {
  RunStatistics statistics = running();
  const std::string full = text(statistics);
  std::ostringstream roomy;
  ProgressLine(roomy, {.terminal = true, .width = full.size() + 1})
      .update(statistics, at_seconds(20.0));
  EXPECT_THAT(roomy.str(), HasSubstr(full));
  std::ostringstream tight;
  ProgressLine(tight, {.terminal = true, .width = full.size()})
      .update(statistics, at_seconds(20.0));
  EXPECT_THAT(tight.str(), Not(HasSubstr(full)));
}

TEST(ProgressLineTest, notices_appear_above_the_line) {
  std::ostringstream screen;
  ProgressLine line(screen, {.terminal = true, .width = 60});
  RunStatistics statistics({.strategy = "bsp", .workers = 1});
  line.notice("first");
  line.update(statistics, at_seconds(1.0));
  line.notice("worker 3 lost (silent 10.2 s)");
  line.notice("more\x1b[2J");
  line.update(statistics, at_seconds(1.1));
  line.update(statistics, at_seconds(1.25));
  EXPECT_EQ(screen.str(), std::string("first\n") + kErase + "1.0 s  waiting for workers, 0/1 here" +
                              kErase + "worker 3 lost (silent 10.2 s)\nmore [2J\n" + kErase +
                              "1.2 s  waiting for workers, 0/1 here");
}

TEST(ProgressLineTest, elsewhere_it_is_a_plain_line_every_five_seconds) {
  std::ostringstream screen;
  ProgressLine line(screen, {.terminal = false, .width = 10});
  RunStatistics statistics({.strategy = "bsp", .workers = 1});
  for (double now = 0.0; now < 11.0; now += 0.125) {
    line.update(statistics, at_seconds(now));
    if (now == 6.0) {
      line.notice("worker 3 lost (silent 10.2 s)");
    }
  }
  line.close();
  EXPECT_EQ(screen.str(),
            "0.0 s  waiting for workers, 0/1 here\n"
            "5.0 s  waiting for workers, 0/1 here\n"
            "worker 3 lost (silent 10.2 s)\n"
            "10.0 s  waiting for workers, 0/1 here\n");
  EXPECT_EQ(screen.str().find_first_of("\x1b\r"), std::string::npos);
}

TEST(ProgressLineTest, quiet_means_nothing_at_all) {
  for (const bool terminal : {false, true}) {
    std::ostringstream screen;
    ProgressLine line(screen, {.terminal = terminal, .quiet = true});
    line.update(running(), at_seconds(20.0));
    line.notice("worker 3 lost");
    line.close();
    EXPECT_EQ(screen.str(), "");
  }
}

TEST(ProgressLineTest, its_end_clears_the_line_once_and_is_final) {
  std::ostringstream screen;
  std::optional<ProgressLine> line(std::in_place, screen,
                                   ProgressConfig{.terminal = true, .width = 60});
  const RunStatistics statistics({.strategy = "bsp", .workers = 1});
  line->update(statistics, at_seconds(1.0));
  line->close();
  const std::string closed = std::string(kErase) + "1.0 s  waiting for workers, 0/1 here" + kErase;
  EXPECT_EQ(screen.str(), closed);
  line->update(statistics, at_seconds(9.0));
  line->notice("late");
  line.reset();
  EXPECT_EQ(screen.str(), closed);

  std::ostringstream abandoned;
  line.emplace(abandoned, ProgressConfig{.terminal = true, .width = 60});
  line->update(statistics, at_seconds(1.0));
  line.reset();
  EXPECT_EQ(abandoned.str(), closed);
}

}  // namespace
}  // namespace hermes::telemetry
