#include "hermes/telemetry/openmetrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "hermes/core/error.hpp"
#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

RunSummary two_workers() {
  RunSummary summary;
  summary.strategy = "hermes";
  summary.seconds = 2.5;
  summary.bytes.up = 1000;
  summary.server = {.seconds = 2.5, .compute_seconds = 0.5};
  summary.worker_table = {
      {.rank = rank(1), .state = "training", .rounds = 7, .times = {.compute_seconds = 1.5}},
      {.rank = rank(2), .state = "lost", .rounds = 3}};
  return summary;
}

TEST(OpenMetricsTest, a_family_is_type_unit_help_and_its_samples) {
  const std::string text = openmetrics_text("small", two_workers(), std::nullopt);
  EXPECT_THAT(text, HasSubstr("# TYPE hermes_rounds counter\n"
                              "# HELP hermes_rounds Rounds of a worker.\n"
                              R"(hermes_rounds_total{run="small",strategy="hermes",rank="1"} 7
hermes_rounds_total{run="small",strategy="hermes",rank="2"} 3
)"));
  EXPECT_THAT(text, HasSubstr("# TYPE hermes_transfer_bytes counter\n"
                              "# UNIT hermes_transfer_bytes bytes\n"));
  EXPECT_THAT(text, HasSubstr(R"(hermes_worker_up{run="small",strategy="hermes",rank="2"} 0)"));
  EXPECT_THAT(text, HasSubstr("rank=\"0\",activity=\"compute\"} 0.5\n"));
  EXPECT_TRUE(text.ends_with("\n# EOF\n"));
}

TEST(OpenMetricsTest, what_is_not_known_or_not_finite_has_no_family) {
  EXPECT_THAT(openmetrics_text("run", two_workers(), std::nullopt),
              Not(HasSubstr("hermes_validation")));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string text = openmetrics_text("run", two_workers(), evaluation(1, nan, 0.5));
  EXPECT_THAT(text, Not(HasSubstr("hermes_validation_loss")));
  EXPECT_THAT(text, HasSubstr("\nhermes_validation_accuracy{"));
}

TEST(OpenMetricsTest, labels_are_escaped) {
  EXPECT_THAT(openmetrics_text("a\"b\\c\nd", two_workers(), std::nullopt),
              HasSubstr(R"(run="a\"b\\c\nd",)"));
}

TEST(OpenMetricsTest, the_file_is_written_now_and_then_and_whole) {
  const TemporaryDirectory directory;
  RunStatistics statistics({.strategy = "asp", .workers = 1});
  OpenMetricsFile file(directory / "run.prom", "small");
  file.update(statistics, at_seconds(0.0));
  const std::string first = content_of(directory / "run.prom");
  EXPECT_TRUE(first.ends_with("# EOF\n"));
  statistics.record(report(1, 1, protocol::ReportKind::Push), at_seconds(1.0), {});
  file.update(statistics, at_seconds(4.9));
  EXPECT_EQ(content_of(directory / "run.prom"), first);
  file.update(statistics, at_seconds(5.0));
  EXPECT_THAT(content_of(directory / "run.prom"), HasSubstr("rank=\"1\"} 1\n"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(OpenMetricsTest, a_file_that_cannot_be_written_is_an_error) {
  const TemporaryDirectory directory;
  OpenMetricsFile file(directory / "missing/run.prom", "small");
  EXPECT_THROW(file.write(RunStatistics({}), at_seconds(0.0)), RuntimeError);
}

}  // namespace
}  // namespace hermes::telemetry
