#include "report/make_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "report/page.hpp"
#include "report/run_facts.hpp"

namespace hermes::report {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A run of some workers with a gate; worker N is N times as slow as the first.
RunHistory history(const std::string& label, std::uint32_t workers, std::uint64_t rounds) {
  RunHistory run;
  run.label = label;
  run.path = "runs/" + label;
  run.settings = {{"seed", "1"}, {"strategy.type", "\"hermes\""}};
  for (std::uint64_t number = 1; number <= rounds; ++number) {
    for (std::uint32_t rank = 1; rank <= workers; ++rank) {
      const auto seconds = static_cast<double>(number * workers + rank);
      run.metrics.rounds.push_back({.seconds = seconds,
                                    .rank = rank,
                                    .number = number,
                                    .is_push = number % 3 == 0,
                                    .staleness = static_cast<double>(number % 5),
                                    .steps = 10,
                                    .samples = 160,
                                    .compute_seconds = static_cast<double>(rank),
                                    .gate_z = static_cast<double>(number % 7) - 3.0,
                                    .gate_threshold = -1.5});
      run.metrics.evaluations.push_back(
          {seconds, 1.0 / seconds, 1.0 - 1.0 / seconds, seconds * 1e6});
      run.metrics.last_seconds = seconds;
    }
  }
  return run;
}

std::vector<std::string> section_ids(const Report& report) {
  std::vector<std::string> ids;
  for (const Section& section : report.sections) {
    ids.push_back(section.id);
  }
  return ids;
}

/// A page with drawings that stand for gnuplot's.
std::string page_of(const Report& report) {
  const std::vector<std::string> drawings(figures_of(report).size(),
                                          "<svg><g><defs><path/></defs><path/></g></svg>");
  return page_html(report, drawings);
}

TEST(MakeReportTest, a_run_with_a_gate_has_every_section_that_it_says_something_about) {
  const std::vector runs = {history("one", 2, 20)};
  EXPECT_THAT(section_ids(make_report(runs)),
              testing::ElementsAre("learning", "numbers", "time", "rounds", "staleness", "gate"));
}

TEST(MakeReportTest,
     a_killed_run_whose_server_sent_the_data_does_not_know_the_bytes_to_its_target) {
  RunHistory run = history("killed", 2, 20);
  run.settings["stop.target_accuracy"] = "0.5";
  EXPECT_EQ(facts_of(run).bytes_to_target, 3'000'000U);
  run.settings["data.delivery"] = "\"server\"";
  EXPECT_EQ(facts_of(run).seconds_to_target, 3.0);
  EXPECT_EQ(facts_of(run).bytes_to_target, std::nullopt);
}

TEST(MakeReportTest, a_run_that_has_only_begun_has_a_page_that_says_so) {
  const std::vector runs = {history("begun", 0, 0)};
  const Report report = make_report(runs);
  EXPECT_TRUE(figures_of(report).empty());
  EXPECT_EQ(report.cards[0].ending, Ending::Badly);
  EXPECT_THAT(page_of(report), HasSubstr("no summary.json, and no round"));
}

TEST(MakeReportTest, how_a_run_ended_is_told) {
  RunHistory run = history("run", 1, 3);
  run.metrics.is_cut = true;
  EXPECT_THAT(card(run).ended, HasSubstr("in the middle of a row"));
  run.summary = telemetry::RunSummary{};
  EXPECT_EQ(card(run).ending, Ending::Badly);
  run.summary->stop_reason = "max_rounds";
  EXPECT_EQ(card(run).ending, Ending::Well);
  run.summary->stop_reason = "no_workers";
  EXPECT_EQ(card(run).ending, Ending::Badly);
  run.summary->interrupted = true;
  EXPECT_EQ(card(run).ending, Ending::Early);
}

TEST(MakeReportTest, only_keys_that_differ_are_listed) {
  std::vector runs = {history("a", 1, 3), history("b", 1, 3)};
  runs[1].settings["seed"] = "2";
  runs[1].settings["only.b"] = "true";
  const Table table = settings_section(runs).tables.at(0);
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[0].heading, "only.b");
  EXPECT_EQ(table.rows[1].heading, "seed");
  EXPECT_EQ(table.rows[1].cells[1].text, "2");
}

TEST(MakeReportTest, the_best_of_a_row_is_marked) {
  std::vector runs = {history("a", 1, 3), history("b", 1, 6)};
  const Section section = numbers_section(runs);
  for (const TableRow& row : section.tables.at(0).rows) {
    if (row.heading == "Best validation loss") {
      EXPECT_FALSE(row.cells[0].is_best);
      EXPECT_TRUE(row.cells[1].is_best);
    }
    EXPECT_TRUE(row.heading != "Rounds" || !row.cells[1].is_best);
  }
}

TEST(MakeReportTest, long_runs_of_many_workers_stay_a_small_page) {
  for (const std::size_t count : {1U, 16U}) {
    std::vector<RunHistory> runs;
    for (std::size_t i = 0; i < count; ++i) {
      runs.push_back(history("run" + std::to_string(i), 40, count == 1 ? 2000 : 200));
    }
    const Report report = make_report(runs);
    std::size_t points = 0;
    std::set<std::string> ids;
    for (const Figure* figure : figures_of(report)) {
      EXPECT_TRUE(ids.insert(figure->id).second) << figure->id;
      for (const Curve& curve : figure->curves) {
        points += curve.points.size();
      }
    }
    EXPECT_LE(points, 32'000U);
    EXPECT_LE(ids.size(), 140U);
    EXPECT_LT(page_of(report).size(), 500'000U);
  }
}

TEST(MakeReportTest, chosen_workers_reach_from_the_fastest_to_the_slowest) {
  EXPECT_THAT(chosen_workers(history("run", 40, 2), 3), testing::ElementsAre(1, 20, 40));
  EXPECT_THAT(chosen_workers(history("run", 2, 2), 3), testing::ElementsAre(1, 2));
}

TEST(MakeReportTest, hostile_text_and_numbers_reach_neither_page_nor_scripts) {
  RunHistory run = history("<script>alert(1)</script>", 2, 5);
  run.settings["\"><img src=x>"] = "</td><script>";
  run.log.events.push_back({1e300, true, "worker <script>"});
  run.log.event_count = 1;
  run.log.assignments = {{0.0, 1, UINT64_MAX, 1}, {1.0, 1, 5, 2}};
  run.metrics.evaluations.push_back({9.0, kUnknown, 1e300, 1e300});
  run.metrics.evaluations.push_back({9.0, -1e300, kUnknown, 0.0});
  run.summary = telemetry::RunSummary{};
  run.summary->strategy = "`reboot`\"<script>";
  run.summary->seconds = 1e300;
  run.summary->test_loss = 1e300;
  run.summary->rejected_reports = {{"<script>", UINT64_MAX}};
  run.summary->worker_table = {{.state = "<script>", .rounds = UINT64_MAX}};
  run.summary->staleness = telemetry::StalenessSummary{1e300, UINT64_MAX, {{UINT64_MAX, 1}}};
  const std::vector runs = {run, history("other", 1, 2)};
  const Report report = make_report(runs);
  const std::string page = page_of(report);
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  for (const Figure* figure : figures_of(report)) {
    const std::string script = gnuplot_script(*figure);
    EXPECT_THAT(script, Not(HasSubstr("script>")));
    EXPECT_THAT(script, Not(HasSubstr("reboot")));
    EXPECT_THAT(script, Not(HasSubstr("nan")));
    EXPECT_THAT(script, Not(HasSubstr("e+300")));
  }
}

TEST(PageTest, is_one_file_that_needs_no_other_and_the_same_each_time) {
  const std::vector runs = {history("one", 2, 20), history("two", 2, 20)};
  const std::string page = page_of(make_report(runs));
  EXPECT_EQ(page, page_of(make_report(runs)));
  EXPECT_THAT(page, HasSubstr("<html lang=\"en\">"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  for (const char* outside : {"http:", "https:", "src=", "url(", "@import"}) {
    EXPECT_THAT(page, Not(HasSubstr(outside))) << outside;
  }
}

}  // namespace
}  // namespace hermes::report
