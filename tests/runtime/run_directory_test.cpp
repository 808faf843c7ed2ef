#include "hermes/runtime/run_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/support.hpp"
#include "hermes/core/error.hpp"
#include "runtime/temporary_directory.hpp"

namespace hermes::runtime {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// The process stands in a temporary directory for the time of a test.
class RunDirectoryTest : public testing::Test {
 protected:
  RunDirectoryTest() { fs::current_path(directory_.path()); }
  ~RunDirectoryTest() override { fs::current_path(before_); }

  std::string error_for(const fs::path& wanted) const {
    try {
      const RunDirectory made(wanted, config_);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  }

  RunConfig config_;
  fs::path before_ = fs::current_path();
  TemporaryDirectory directory_;
};

TEST_F(RunDirectoryTest, is_made_with_those_above_it_and_holds_the_resolved_configuration) {
  config_.seed = 17;
  const RunDirectory made(fs::path("a/b/c"), config_);
  EXPECT_EQ(made.path(), fs::path("a/b/c"));
  EXPECT_EQ(data::test::read_bytes("a/b/c/config.toml"), to_toml(config_));
}

TEST_F(RunDirectoryTest, existing_directory_is_used_again_without_the_old_results) {
  directory_.write("out/model.h5", "old");
  directory_.write("out/summary.json", "old");
  directory_.write("out/trace.json", "old");
  directory_.write("out/config.toml", std::string(100000, '#'));
  directory_.write("out/notes.txt", "mine");
  const RunDirectory made(fs::path("out"), config_);
  EXPECT_FALSE(fs::exists(made.model_file()));
  EXPECT_FALSE(fs::exists("out/summary.json"));
  EXPECT_FALSE(fs::exists("out/trace.json"));
  EXPECT_EQ(data::test::read_bytes("out/config.toml"), to_toml(config_));
  EXPECT_EQ(data::test::read_bytes("out/notes.txt"), "mine");
}

TEST_F(RunDirectoryTest, without_a_wish_the_first_free_name_is_taken) {
  config_.name = "job";
  EXPECT_EQ(RunDirectory(std::nullopt, config_).path(), fs::path("runs/job"));
  EXPECT_EQ(RunDirectory(std::nullopt, config_).path(), fs::path("runs/job-2"));
  EXPECT_EQ(RunDirectory(std::nullopt, config_).path(), fs::path("runs/job-3"));
  fs::remove_all("runs/job-2");
  EXPECT_EQ(RunDirectory(std::nullopt, config_).path(), fs::path("runs/job-2"));
}

TEST_F(RunDirectoryTest, file_in_the_way_is_an_error_of_one_line) {
  directory_.write("out", "a file");
  for (const char* wanted : {"out", "out/below"}) {
    EXPECT_THAT(error_for(wanted), HasSubstr("output directory " + std::string(wanted)));
    EXPECT_THAT(error_for(wanted), testing::Not(HasSubstr("\n")));
  }
}

TEST_F(RunDirectoryTest, directory_that_takes_no_file_is_an_error) {
  fs::create_directories("out/config.toml");  // even for root: no file of this name can be made
  EXPECT_THAT(error_for("out"), HasSubstr("output directory out: expected a directory that can be "
                                          "written to"));
}

}  // namespace
}  // namespace hermes::runtime
