#include "hermes/telemetry/metrics_csv.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "hermes/core/error.hpp"
#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

using protocol::ReportKind;

constexpr const char* kHeaderLine =
    "event,seconds,rank,round,version,staleness,kind,steps,samples,compute_seconds,"
    "evaluation_seconds,data_seconds,train_loss,"
    "validation_loss,validation_accuracy,gate_z,gate_threshold,bytes_up,bytes_down\n";

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

TEST(MetricsCsvTest, a_new_file_holds_the_header_and_forgets_what_was_there) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "metrics.csv") << "old\nrows\n";
  const MetricsCsv metrics(directory / "metrics.csv");
  EXPECT_EQ(content_of(directory / "metrics.csv"), kHeaderLine);
}

TEST(MetricsCsvTest, reports_and_evaluations_become_rows_at_once_and_nothing_else_does) {
  const TemporaryDirectory directory;
  MetricsCsv metrics(directory / "metrics.csv");
  metrics.record(protocol::TrainingStarted{2}, at_seconds(0.5), {});
  protocol::ReportAccepted gated = report(2, 3, ReportKind::Suppressed);
  gated.report.validation_loss = 0.5;
  gated.report.validation_accuracy = 0.75;
  gated.report.gate = {.z = -0.5, .mean = 0.55, .sigma = 0.1, .threshold = -1.3, .silent = 3};
  metrics.record(gated, at_seconds(1.5), {100, 50, 7});
  metrics.record(merged(4, 1, 0), at_seconds(1.6), {100, 50, 7});
  protocol::ReportAccepted push = report(1, 9, ReportKind::Push);
  push.report.base = Version{1};
  metrics.record(push, at_seconds(2.0), {200, 50, 7});
  metrics.record(evaluation(4, 0.1, 0.875), at_seconds(2.25), {200, 60, 7});
  metrics.record(protocol::ReportRejected{rank(1), protocol::RejectReason::Late, true},
                 at_seconds(3.0), {});
  // Read while the object lives: the rows do not wait for its end.
  EXPECT_EQ(content_of(directory / "metrics.csv"),
            std::string(kHeaderLine) +
                "report,1.5,2,3,0,0,suppressed,10,160,0.5,0,0.125,0.25,0.5,0.75,-0.5,-1.3,100,50\n"
                "report,2,1,9,1,3,push,10,160,0.5,0,0.125,0.25,,,,,200,50\n"
                "evaluation,2.25,,,4,,,,,,,,,0.1,0.875,,,200,60\n");
}

TEST(MetricsCsvTest, a_release_tells_the_version_of_a_run_that_goes_on) {
  const TemporaryDirectory directory;
  MetricsCsv metrics(directory / "metrics.csv");
  metrics.record(protocol::Released{rank(1), Version{70}, seconds(0.0), true}, at_seconds(0.0), {});
  metrics.record(protocol::Released{rank(2), Version{60}, seconds(0.0), false}, at_seconds(0.0),
                 {});
  protocol::ReportAccepted push = report(1, 1, ReportKind::Push);
  push.report.base = Version{68};
  metrics.record(push, at_seconds(1.0), {});
  push.report.base = Version{71};  // from the future: no staleness is better than a wrong one
  metrics.record(push, at_seconds(2.0), {});
  std::istringstream lines(content_of(directory / "metrics.csv"));
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  EXPECT_EQ(fields_of(line).at(5), "2");
  std::getline(lines, line);
  EXPECT_EQ(fields_of(line).at(5), "");
}

TEST(MetricsCsvTest, numbers_read_back_as_the_same_numbers) {
  const TemporaryDirectory directory;
  MetricsCsv metrics(directory / "metrics.csv");
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> exponent(-300.0, 300.0);
  std::vector<double> losses = {0.1, 1.0 / 3.0, 5e-324, std::numeric_limits<double>::max(),
                                std::numeric_limits<double>::infinity()};
  for (int i = 0; i < 200; ++i) {
    losses.push_back(std::pow(10.0, exponent(random)));
  }
  for (const double loss : losses) {
    metrics.record(evaluation(1, loss, 0.5), at_seconds(loss), {});
  }
  std::istringstream lines(content_of(directory / "metrics.csv"));
  std::string line;
  std::getline(lines, line);
  const std::size_t columns = fields_of(line).size();
  for (const double loss : losses) {
    ASSERT_TRUE(std::getline(lines, line));
    const std::vector<std::string> fields = fields_of(line);
    ASSERT_EQ(fields.size(), columns);
    EXPECT_EQ(std::strtod(fields.at(1).c_str(), nullptr), loss);
    EXPECT_EQ(std::strtod(fields.at(13).c_str(), nullptr), loss);
  }
}

TEST(MetricsCsvTest, a_loss_that_is_no_number_is_nan_whatever_its_sign) {
  const TemporaryDirectory directory;
  MetricsCsv metrics(directory / "metrics.csv");
  protocol::ReportAccepted lost = report(1, 1, ReportKind::Pull);
  lost.report.train_loss = -std::numeric_limits<double>::quiet_NaN();
  metrics.record(lost, at_seconds(1.0), {});
  EXPECT_EQ(content_of(directory / "metrics.csv"),
            std::string(kHeaderLine) + "report,1,1,1,0,0,pull,10,160,0.5,0,0.125,nan,,,,,0,0\n");
}

TEST(MetricsCsvTest, a_file_that_cannot_be_opened_is_an_error_that_names_it) {
  const TemporaryDirectory directory;
  try {
    const MetricsCsv metrics(directory / "missing/metrics.csv");
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()),
              (directory / "missing/metrics.csv").string() + ": cannot be opened for writing");
  }
}

TEST(MetricsCsvTest, a_full_disk_is_a_run_time_error) {
  if (!std::filesystem::exists("/dev/full")) {
    GTEST_SKIP() << "this system has no /dev/full";
  }
  EXPECT_THROW(MetricsCsv("/dev/full"), RuntimeError);
}

}  // namespace
}  // namespace hermes::telemetry
