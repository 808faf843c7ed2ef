#include "hermes/telemetry/run_summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hermes/core/error.hpp"
#include "telemetry/fixtures.hpp"

namespace hermes::telemetry {
namespace {

RunSummary full_summary() {
  RunSummary summary;
  summary.strategy = "hermes";
  summary.workers = 2;
  summary.seed = std::numeric_limits<std::uint64_t>::max();
  summary.seconds = 12.345678901234567;
  summary.training_seconds = 0.1;
  summary.rounds = 10;
  summary.server_busy_seconds = 0.125;
  summary.steps = 100;
  summary.samples = 1600;
  summary.pushes = 4;
  summary.suppressed = 6;
  summary.worker_independence = 2.5;
  summary.bytes = {.up = 11, .down = 22, .data = 33, .messages_up = 44, .messages_down = 55};
  summary.merges = 4;
  summary.rejected_updates = 1;
  summary.rejected_reports = {{"late", 1}, {"stopped", 2}};
  summary.workers_lost = 1;
  summary.workers_returned = 1;
  summary.best_validation_loss = 1.0 / 3.0;
  summary.best_validation_accuracy = 0.9;
  summary.test_loss = 0.4;
  summary.test_accuracy = 0.89;
  summary.target_accuracy = 0.88;
  summary.seconds_to_target = 8.5;
  summary.bytes_to_target = 1ULL << 60;
  summary.samples_per_second = 16000.0;
  summary.stop_reason = "interrupted";
  summary.interrupted = true;
  summary.staleness = StalenessSummary{.median = 1.5, .max = 10, .histogram = {{1, 2}, {10, 2}}};
  summary.worker_table = {{.rank = rank(1),
                           .state = "left",
                           .rounds = 7,
                           .times = {.seconds = 2.0, .compute_seconds = 0.3, .data_seconds = 0.7}},
                          {.rank = rank(2),
                           .state = "lost",
                           .pushes = 1,
                           .times = {.seconds = 5.0,
                                     .evaluation_seconds = 0.125,
                                     .waited_seconds = 4.5,
                                     .wire_seconds = 0.25}}};
  summary.server = {.seconds = 12.5,
                    .compute_seconds = 1.5,
                    .evaluation_seconds = 2.5,
                    .data_seconds = 3.5,
                    .waited_seconds = 0.25,
                    .wire_seconds = 0.125};
  return summary;
}

TEST(RunSummaryTest, json_has_every_key_of_the_contract_and_null_for_the_unknown) {
  const auto json = nlohmann::json::parse(to_json(RunSummary{}));
  const std::vector<std::string> keys = {"strategy",
                                         "workers",
                                         "seed",
                                         "seconds",
                                         "training_seconds",
                                         "server_busy_seconds",
                                         "rounds",
                                         "steps",
                                         "samples",
                                         "pushes",
                                         "suppressed",
                                         "worker_independence",
                                         "bytes_up",
                                         "bytes_down",
                                         "bytes_data",
                                         "messages_up",
                                         "messages_down",
                                         "merges",
                                         "rejected_updates",
                                         "workers_lost",
                                         "best_validation_loss",
                                         "best_validation_accuracy",
                                         "test_loss",
                                         "test_accuracy",
                                         "target_accuracy",
                                         "seconds_to_target",
                                         "bytes_to_target",
                                         "samples_per_second",
                                         "stop_reason",
                                         "interrupted"};
  for (const std::string& key : keys) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  for (const char* key :
       {"worker_independence", "best_validation_loss", "test_accuracy", "target_accuracy",
        "seconds_to_target", "bytes_to_target", "samples_per_second", "stop_reason", "staleness"}) {
    EXPECT_TRUE(json.at(key).is_null()) << key;
  }
  EXPECT_EQ(json.at("interrupted"), false);
  EXPECT_EQ(json.at("rounds"), 0);
}

TEST(RunSummaryTest, json_says_what_the_summary_says) {
  const auto json = nlohmann::json::parse(to_json(full_summary()));
  EXPECT_EQ(json.at("strategy"), "hermes");
  EXPECT_EQ(json.at("bytes_up"), 11);
  EXPECT_EQ(json.at("bytes_down"), 22);
  EXPECT_EQ(json.at("bytes_data"), 33);
  EXPECT_EQ(json.at("messages_up"), 44);
  EXPECT_EQ(json.at("messages_down"), 55);
  EXPECT_EQ(json.at("worker_independence"), 2.5);
  EXPECT_EQ(json.at("test_accuracy"), 0.89);
  EXPECT_EQ(json.at("rejected_reports").at("stopped"), 2);
  EXPECT_EQ(json.at("staleness").at("histogram").at("10"), 2);
  EXPECT_EQ(json.at("worker_table").at(1).at("state"), "lost");
  EXPECT_EQ(json.at("worker_table").at(1).at("wire_seconds"), 0.25);
  EXPECT_EQ(json.at("worker_table").at(1).at("other_seconds"), 0.125);
  EXPECT_EQ(json.at("server").at("evaluation_seconds"), 2.5);
  EXPECT_EQ(json.at("server").at("other_seconds"), 4.625);
}

TEST(RunSummaryTest, a_number_that_is_not_finite_is_null) {
  RunSummary summary;
  summary.test_loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(nlohmann::json::parse(to_json(summary)).at("test_loss").is_null());
}

TEST(RunSummaryTest, what_was_written_is_read_back_exactly) {
  const TemporaryDirectory directory;
  for (const RunSummary& summary : {full_summary(), RunSummary{}}) {
    write_summary(summary, directory / "summary.json");
    EXPECT_EQ(read_summary(directory / "summary.json"), summary);
  }
}

TEST(RunSummaryTest, writing_replaces_the_file_and_leaves_no_other) {
  const TemporaryDirectory directory;
  std::ofstream(directory / "summary.json") << std::string(100000, 'x');
  write_summary(full_summary(), directory / "summary.json");
  EXPECT_EQ(content_of(directory / "summary.json"), to_json(full_summary()));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1);
}

TEST(RunSummaryTest, a_write_that_fails_keeps_the_old_file_and_says_so) {
  const TemporaryDirectory directory;
  EXPECT_THROW(write_summary({}, directory / "missing/summary.json"), RuntimeError);
  // A directory in the place of the file: the rename fails after a good write.
  std::filesystem::create_directories(directory / "summary.json/inside");
  EXPECT_THROW(write_summary({}, directory / "summary.json"), RuntimeError);
  EXPECT_TRUE(std::filesystem::exists(directory / "summary.json/inside"));
  EXPECT_FALSE(std::filesystem::exists(directory / "summary.json.tmp"));
}

std::string complaint_about(const std::filesystem::path& file, const std::string& content) {
  std::ofstream(file, std::ios::trunc) << content;
  try {
    read_summary(file);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(RunSummaryTest, a_bad_file_is_named_with_its_key_in_one_line) {
  const TemporaryDirectory directory;
  const std::filesystem::path file = directory / "summary.json";
  const std::string name = file.string();
  EXPECT_EQ(complaint_about(file, "[1, 2]"), name + ": expected a JSON object, found array");
  EXPECT_EQ(complaint_about(file, "{}"), name + ": expected the key 'strategy', found none");
  EXPECT_EQ(complaint_about(file, to_json(full_summary()).substr(0, 40)),
            name + ": expected JSON, found something else at byte 41");
  EXPECT_THAT(complaint_about(file, R"({"strategy": 1e999})"),
              testing::StartsWith(name + ": expected JSON, found something else"));
  // What is nested that deeply is passed over, not printed.
  const std::string deep =
      "{\"strategy\": " + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}";
  EXPECT_LT(complaint_about(file, deep).size(), 200U);

  struct Case {
    const char* key;
    nlohmann::json value;
    std::string complaint;
  };
  const std::vector<Case> cases = {
      {"rounds", -1, ": rounds: expected a count, found -1"},
      {"workers", 1ULL << 40, ": workers: expected a count, found 1099511627776"},
      {"seconds", "long", ": seconds: expected a number, found \"long\""},
      {"strategy", nullptr, ": strategy: expected a text, found null"},
      {"interrupted", 1, ": interrupted: expected true or false, found 1"},
      {"test_loss", "low", ": test_loss: expected a number, found \"low\""},
      {"staleness", 3, ": staleness: expected a JSON object, found number"},
      {"rejected_reports", nullptr, ": rejected_reports: expected a JSON object, found null"},
      {"worker_table", 3, ": worker_table: expected a JSON array, found number"},
      {"worker_table", {1}, ": worker_table: expected a JSON object, found number"},
  };
  for (const Case& c : cases) {
    auto json = nlohmann::json::parse(to_json(full_summary()));
    json[c.key] = c.value;
    EXPECT_EQ(complaint_about(file, json.dump()), name + c.complaint);
  }
  auto json = nlohmann::json::parse(to_json(full_summary()));
  json["staleness"]["histogram"]["old"] = 1;
  EXPECT_THAT(complaint_about(file, json.dump()),
              testing::HasSubstr("histogram: expected a count"));
}

TEST(RunSummaryTest, a_missing_file_is_a_data_error_that_names_it) {
  const TemporaryDirectory directory;
  try {
    read_summary(directory / "summary.json");
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr((directory / "summary.json").string()));
  }
}

}  // namespace
}  // namespace hermes::telemetry
