#include "report/read_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "hermes/core/error.hpp"

namespace hermes::report {
namespace {

namespace fs = std::filesystem;

class ReadRunTest : public testing::Test {
 protected:
  ReadRunTest()
      : root_(fs::temp_directory_path() / ("hermes-read-run-" + std::to_string(::getpid()))) {
    fs::create_directories(root_);
  }
  ~ReadRunTest() override { fs::remove_all(root_); }

  fs::path run(const std::string& name, const std::string& file, const std::string& text) {
    fs::create_directories(root_ / name);
    std::ofstream(root_ / name / file) << text;
    return root_ / name;
  }

  static std::string complaint(const fs::path& directory) {
    try {
      read_runs(std::vector{directory});
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  fs::path root_;
};

TEST_F(ReadRunTest, a_run_that_has_only_begun_is_a_run) {
  const std::vector runs = {run("begun", "config.toml", "seed = 3\n[strategy]\ntype = \"bsp\"\n")};
  const RunHistory history = read_runs(runs).front();
  EXPECT_EQ(history.label, "begun");
  EXPECT_FALSE(history.summary);
  EXPECT_THAT(history.settings, testing::UnorderedElementsAre(
                                    testing::Pair("seed", "3"),
                                    testing::Pair("strategy.type", testing::HasSubstr("bsp"))));
}

TEST_F(ReadRunTest, a_killed_run_keeps_its_rows) {
  const std::vector runs = {
      run("killed", "metrics.csv", "event,seconds,rank,round\nreport,1,1,1\nreport,2,1,2\nrepo")};
  const RunHistory history = read_runs(runs).front();
  EXPECT_EQ(history.metrics.rounds.size(), 2U);
  EXPECT_TRUE(history.metrics.is_cut);
}

TEST_F(ReadRunTest, runs_of_one_name_are_told_apart) {
  const fs::path one = run("a/run", "config.toml", "");
  const fs::path other = run("b/run", "config.toml", "");
  const std::vector<RunHistory> runs = read_runs(std::vector{one, other / "", other / ""});
  EXPECT_EQ(runs[0].label, one.string());
  EXPECT_EQ(runs[1].label, (other / "").string());
  EXPECT_EQ(runs[2].label, (other / "").string() + " (2)");
}

TEST_F(ReadRunTest, what_is_no_run_is_told_in_one_line) {
  EXPECT_THAT(complaint(root_ / "absent"), testing::HasSubstr("absent: expected a run directory"));
  EXPECT_THAT(complaint(root_), testing::HasSubstr("found none of its files"));
  EXPECT_THAT(complaint(run("toml", "config.toml", "a = = 1")),
              testing::HasSubstr("config.toml:1"));
  EXPECT_THAT(complaint(run("json", "summary.json", "{")), testing::HasSubstr("summary.json"));
  fs::create_directories(root_ / "odd" / "metrics.csv");
  EXPECT_THAT(complaint(root_ / "odd"), testing::HasSubstr("expected a readable file"));
}

}  // namespace
}  // namespace hermes::report
