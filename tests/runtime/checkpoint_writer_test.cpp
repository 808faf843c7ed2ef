#include "hermes/runtime/checkpoint_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "hermes/runtime/resumption.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using testing::HasSubstr;

constexpr std::uint32_t kWorkers = 3;

class CheckpointWriterTest : public testing::Test {
 protected:
  test::TestRun run_;
  TemporaryDirectory directory_;
};

TEST_F(CheckpointWriterTest, what_a_killed_process_left_half_written_goes_with_the_next_one) {
  const RunInputs inputs(run_.config);
  std::ofstream(checkpoint_file(directory_.path(), 7).string() + ".4711.tmp") << "half of it";
  std::ofstream(directory_.path() / "notes.tmp") << "somebody's own";
  CheckpointWriter writer(directory_.path(), 3);
  Checkpoint checkpoint = describe_run(inputs, kWorkers);
  checkpoint.model.parameters.resize(inputs.parameter_count());
  writer.write(std::move(checkpoint));
  writer.finish();
  EXPECT_TRUE(writer.has_written());
  EXPECT_TRUE(unfinished_checkpoints(directory_.path()).empty());
  EXPECT_TRUE(std::filesystem::exists(directory_.path() / "notes.tmp"));
}

TEST_F(CheckpointWriterTest, on_a_slow_disk_the_newest_waits_and_the_server_does_not) {
  const RunInputs inputs(run_.config);
  CheckpointWriter writer(directory_.path(), 100);
  for (std::uint64_t version = 1; version <= 40; ++version) {
    Checkpoint checkpoint = describe_run(inputs, kWorkers);
    checkpoint.model.parameters.resize(inputs.parameter_count());
    checkpoint.model.version = version;
    writer.write(std::move(checkpoint));
  }
  writer.finish();
  const std::vector<std::uint64_t> numbers = checkpoint_numbers(directory_.path());
  EXPECT_LT(numbers.size(), 40U);
  EXPECT_EQ(load_model(checkpoint_file(directory_.path(), numbers.back())).version, 40U);
}

TEST_F(CheckpointWriterTest, a_place_that_takes_no_file_is_told_and_ends_nothing) {
  const RunInputs inputs(run_.config);
  const std::filesystem::path blocked = directory_.path() / "blocked";
  std::ofstream(blocked) << "a file where a directory should be";
  CheckpointWriter writer(blocked, 3);
  Checkpoint checkpoint = describe_run(inputs, kWorkers);
  checkpoint.model.parameters.resize(inputs.parameter_count());
  writer.write(std::move(checkpoint));
  writer.finish();
  EXPECT_FALSE(writer.has_written());
  EXPECT_THAT(writer.news().value_or(""), HasSubstr("no checkpoint: "));
  EXPECT_EQ(writer.news(), std::nullopt);
}

}  // namespace
}  // namespace hermes::runtime
