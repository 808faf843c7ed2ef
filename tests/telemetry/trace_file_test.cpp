#include "hermes/telemetry/trace_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hermes/core/error.hpp"
#include "telemetry/fixtures.hpp"
#include "telemetry/trace_checks.hpp"

namespace hermes::telemetry {
namespace {

using protocol::ReportKind;

void train(TraceFile& trace, std::uint64_t first, std::uint64_t last) {
  trace.record(protocol::WorkerJoined{rank(1)}, at_seconds(static_cast<double>(first) - 1.0));
  for (std::uint64_t round = first; round <= last; ++round) {
    const double now = static_cast<double>(round);
    trace.record(report(1, round, ReportKind::Push), at_seconds(now));
    trace.server_span("merge", at_seconds(now), at_seconds(now + 0.125));
    trace.record(merged(round, 1, 0), at_seconds(now + 0.125));
    trace.record(protocol::Released{rank(1), Version{round}, seconds(0.125), true},
                 at_seconds(now + 0.125));
  }
}

std::size_t count(const nlohmann::json& events, const std::string& name) {
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(), [&](const auto& event) { return event.at("name") == name; }));
}

TEST(TraceFileTest, a_run_that_ends_leaves_a_whole_array) {
  const TemporaryDirectory directory;
  TraceFile trace(directory / "trace.json", 1, 0);
  train(trace, 1, 100);
  trace.finish(at_seconds(102.0));
  const auto events = nlohmann::json::parse(content_of(directory / "trace.json"));
  expect_sound_trace(events);
  EXPECT_EQ(count(events, "round"), 100U);
  EXPECT_EQ(count(events, "update"), 300U);
}

TEST(TraceFileTest, a_killed_run_lacks_no_more_than_the_end_of_the_array) {
  const TemporaryDirectory directory;
  TraceFile trace(directory / "trace.json", 1, 0);
  train(trace, 1, 1000);
  const std::string content = content_of(directory / "trace.json");  // as the disk has it
  ASSERT_TRUE(content.ends_with(",\n"));
  const auto events = nlohmann::json::parse(content.substr(0, content.size() - 2) + "]");
  expect_nested(spans_of(events));
  EXPECT_GT(count(events, "round"), 500U);
}

TEST(TraceFileTest, a_run_that_goes_on_takes_back_what_came_after_the_checkpoint) {
  const TemporaryDirectory directory;
  TraceFile::Place place;
  {
    TraceFile trace(directory / "trace.json", 1, 0);
    train(trace, 1, 10);
    place = trace.place();
    train(trace, 11, 20);
    trace.finish(at_seconds(22.0));
  }
  TraceFile trace(directory / "trace.json", 1, 0, true);
  trace.resume(place);
  train(trace, 13, 15);
  trace.finish(at_seconds(17.0));
  const auto events = nlohmann::json::parse(content_of(directory / "trace.json"));
  expect_sound_trace(events);
  EXPECT_EQ(count(events, "round"), 13U);
  EXPECT_EQ(count(events, "end"), 1U);
  EXPECT_EQ(count(events, "thread_name"), 2U);
}

TEST(TraceFileTest, where_the_trace_is_gone_or_there_was_none_it_begins_afresh) {
  const TemporaryDirectory directory;
  for (const std::uint64_t size : {0U, 5000U}) {
    std::ofstream(directory / "trace.json") << "something else";
    TraceFile trace(directory / "trace.json", 1, 0, true);
    trace.resume({.size = size, .timeline = {.next_flow = 7}});
    train(trace, 3, 4);
    trace.finish(at_seconds(6.0));
    const auto events = nlohmann::json::parse(content_of(directory / "trace.json"));
    expect_sound_trace(events);
    EXPECT_EQ(count(events, "thread_name"), 2U);
  }
}

TEST(TraceFileTest, a_full_trace_is_closed_and_says_so) {
  const TemporaryDirectory directory;
  constexpr std::uint64_t kMost = 10000;
  TraceFile trace(directory / "trace.json", 1, kMost);
  train(trace, 1, 1000);
  trace.finish(at_seconds(1002.0));
  const std::string content = content_of(directory / "trace.json");
  EXPECT_GE(content.size(), kMost);
  EXPECT_LE(content.size(), kMost + 2000);
  const auto events = nlohmann::json::parse(content);
  expect_sound_trace(events);
  EXPECT_EQ(count(events, "trace is full"), 1U);
}

TEST(TraceFileTest, a_file_that_cannot_be_opened_is_bad_input) {
  const TemporaryDirectory directory;
  EXPECT_THROW(TraceFile(directory / "missing/trace.json", 1, 0), ConfigError);
}

}  // namespace
}  // namespace hermes::telemetry
