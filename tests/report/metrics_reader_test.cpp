#include "report/metrics_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "hermes/core/error.hpp"

namespace hermes::report {
namespace {

const std::string kHeader =
    "event,seconds,rank,round,version,staleness,kind,steps,samples,compute_seconds,data_seconds,"
    "train_loss,validation_loss,validation_accuracy,gate_z,gate_threshold,bytes_up,bytes_down";

Metrics read(const std::vector<std::string>& lines, bool last_is_whole = true) {
  MetricsReader reader("metrics.csv");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    reader.line(lines[i], last_is_whole || i + 1 < lines.size());
  }
  return reader.result();
}

std::string complaint(const std::vector<std::string>& lines) {
  try {
    read(lines);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(MetricsReaderTest, reports_are_rounds_and_evaluations_are_evaluations) {
  const Metrics metrics =
      read({kHeader, "report,1.5,2,7,3,1,push,10,160,0.5,0.25,2.3,2.25,0.125,-1.5,-1.25,100,50",
            "evaluation,2,,,4,,,,,,,,2,0.25,,,110,60"});
  ASSERT_EQ(metrics.rounds.size(), 1U);
  const Round& round = metrics.rounds.front();
  EXPECT_EQ(round.rank, 2U);
  EXPECT_EQ(round.number, 7U);
  EXPECT_TRUE(round.is_push);
  EXPECT_FALSE(round.is_suppressed);
  EXPECT_EQ(round.staleness, 1.0);
  EXPECT_EQ(round.samples, 160U);
  EXPECT_EQ(round.data_seconds, 0.25);
  EXPECT_EQ(round.gate_threshold, -1.25);
  ASSERT_EQ(metrics.evaluations.size(), 1U);
  EXPECT_EQ(metrics.evaluations.front().accuracy, 0.25);
  EXPECT_EQ(metrics.evaluations.front().bytes, 170.0);
  EXPECT_EQ(metrics.last_seconds, 2.0);
  EXPECT_EQ(metrics.bytes_down, 60U);
  EXPECT_FALSE(metrics.is_cut);
}

TEST(MetricsReaderTest, half_a_last_row_is_passed_over_and_told) {
  const Metrics metrics = read({kHeader, "report,1.5,2,7,3,1,pu"}, false);
  EXPECT_TRUE(metrics.is_cut);
  EXPECT_TRUE(metrics.rounds.empty());
}

TEST(MetricsReaderTest, a_vote_and_the_push_that_answers_its_collect_are_one_round) {
  const Metrics metrics = read({kHeader, "report,1,2,7,3,1,vote,10,160,0.5,0,2.3,,,,,100,50",
                                "report,1,1,7,3,1,vote,10,160,0.5,0,2.3,,,,,100,50",
                                "report,2,2,7,3,1,push,10,160,0.5,0,2.3,,,,,100,50"});
  ASSERT_EQ(metrics.rounds.size(), 2U);
  EXPECT_TRUE(metrics.rounds[0].is_push);
  EXPECT_FALSE(metrics.rounds[1].is_push);
  EXPECT_FALSE(metrics.rounds[1].is_suppressed);
}

TEST(MetricsReaderTest, columns_are_known_by_name_and_losses_may_be_anything) {
  const Metrics metrics =
      read({"round,colour,rank,seconds,event,validation_loss", "1,red,2,3,report,",
            ",,,4,evaluation,nan", ",,,5,evaluation,-inf"});
  EXPECT_TRUE(std::isnan(metrics.rounds.front().gate_z));
  EXPECT_TRUE(std::isnan(metrics.evaluations[0].loss));
  EXPECT_TRUE(std::isinf(metrics.evaluations[1].loss));
}

TEST(MetricsReaderTest, what_is_no_metrics_file_is_told_with_its_line) {
  EXPECT_THAT(complaint({"a,b,c"}), testing::HasSubstr("metrics.csv:1: "));
  EXPECT_THAT(complaint({kHeader, "report,1,2"}), testing::HasSubstr("metrics.csv:2: expected 18"));
  const std::string end = ",1,1,1,push,1,1,1,1,1,1,1,1,1,1,1";
  for (const char* bad :
       {"report,nan,1", "report,-1,1", "report,x,1", "report,1e300,1", "report,1,-1",
        "report,1,1.5", "report,1,nan", "report,1,9999999999", "report,1,1e300"}) {
    EXPECT_THAT(complaint({kHeader, bad + end}), testing::HasSubstr("metrics.csv:2: ")) << bad;
  }
}

}  // namespace
}  // namespace hermes::report
