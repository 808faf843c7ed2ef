#include "hermes/telemetry/tensorboard_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "hermes/core/error.hpp"
#include "telemetry/crc32c.hpp"
#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

using protocol::ReportKind;

TEST(Crc32cTest, has_the_check_values_of_the_catalogue_and_of_rfc_3720) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43U);
  EXPECT_EQ(crc32c(""), 0U);
}

/// The contents of the frames; their sums are checked.
std::vector<std::string> frames_of(const std::string& bytes) {
  std::vector<std::string> contents;
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint64_t length = 0;
    std::uint32_t sum = 0;
    std::memcpy(&length, bytes.data() + at, sizeof(length));
    std::memcpy(&sum, bytes.data() + at + 8, sizeof(sum));
    EXPECT_EQ(sum, masked_crc32c(bytes.substr(at, 8)));
    if (at + 16 + length > bytes.size()) {
      ADD_FAILURE() << "a frame is cut at " << at;
      break;
    }
    contents.push_back(bytes.substr(at + 12, length));
    std::memcpy(&sum, bytes.data() + at + 12 + length, sizeof(sum));
    EXPECT_EQ(sum, masked_crc32c(contents.back()));
    at += 16 + length;
  }
  return contents;
}

TEST(TensorBoardFileTest, begins_with_the_version_and_adds_a_frame_per_scalar) {
  const TemporaryDirectory directory;
  RunStatistics statistics({.strategy = "asp", .workers = 2});
  TensorBoardFile file(directory / "events", false);
  file.record(report(2, 1, ReportKind::Push), at_seconds(1.5), statistics);
  file.record(merged(1, 2, 3), at_seconds(1.5), statistics);
  file.record(evaluation(1, 0.5, 0.75), at_seconds(2.0), statistics);
  file.record(protocol::TrainingStarted{}, at_seconds(2.0), statistics);
  file.flush();
  const std::vector<std::string> frames = frames_of(content_of(directory / "events"));
  ASSERT_EQ(frames.size(), 1U + 1U + 1U + 7U + 2U);
  EXPECT_EQ(frames[0], std::string("\x09\0\0\0\0\0\0\0\0\x1a\x0d"
                                   "brain.Event:2",
                                   24));
  // wall time 1.5, step 1, summary of one value: tag and 0.25 as float
  EXPECT_EQ(frames[1], std::string("\x09\0\0\0\0\0\0\xf8\x3f\x10\x01\x2a\x1c\x0a\x1a\x0a\x13"
                                   "train_loss/worker_2\x15\0\0\x80\x3e",
                                   11 + 6 + 19 + 5));
  EXPECT_THAT(frames[2], testing::HasSubstr("merge/staleness"));
  EXPECT_THAT(frames[3], testing::HasSubstr("validation/loss"));
}

TEST(TensorBoardFileTest, a_run_that_goes_on_takes_back_what_came_after_the_checkpoint) {
  const TemporaryDirectory directory;
  const RunStatistics statistics({.workers = 1});
  std::uint64_t size = 0;
  {
    TensorBoardFile file(directory / "events", false);
    file.record(merged(1, 1, 0), at_seconds(1.0), statistics);
    size = file.size();
    file.record(merged(2, 1, 0), at_seconds(2.0), statistics);
  }
  {
    TensorBoardFile file(directory / "events", true);
    file.cut_to(size);
    file.record(merged(2, 1, 5), at_seconds(3.0), statistics);
  }
  EXPECT_EQ(frames_of(content_of(directory / "events")).size(), 3U);
  TensorBoardFile afresh(directory / "events", true);
  afresh.cut_to(1000000);  // that file is gone
  afresh.flush();
  EXPECT_EQ(frames_of(content_of(directory / "events")).size(), 1U);
}

TEST(TensorBoardFileTest, a_file_that_cannot_be_opened_is_bad_input) {
  const TemporaryDirectory directory;
  EXPECT_THROW(TensorBoardFile(directory / "missing/events"), ConfigError);
}

}  // namespace
}  // namespace hermes::telemetry
