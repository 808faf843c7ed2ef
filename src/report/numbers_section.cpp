#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "hermes/core/time.hpp"
#include "hermes/telemetry/human_units.hpp"
#include "report/make_report.hpp"
#include "report/number_text.hpp"
#include "report/run_facts.hpp"

namespace hermes::report {
namespace {

using telemetry::RunSummary;
using Number = std::optional<double>;

enum class Better { Neither, Higher, Lower };

/// One row of the table: a number of each run and how it is written.
struct Measure {
  const char* name;
  Number (*number)(const RunSummary& facts);
  std::string (*text)(double number);
  Better better = Better::Neither;
  bool of_summary = false;  ///< metrics.csv alone cannot tell it
};

std::string whole(double number) {
  return number < 1e18 ? telemetry::grouped(static_cast<std::uint64_t>(number)) : ratio(number);
}

std::string bytes(double number) {
  return number < 1e18 ? telemetry::human_bytes(static_cast<std::uint64_t>(number)) : ratio(number);
}

std::string duration(double number) {
  return telemetry::human_duration(Duration(number));
}

std::string rate(double number) {
  return telemetry::human_count(number) + "/s";
}

template <class Count>
Number of(Count number) {
  return static_cast<double>(number);
}

Number of(const std::optional<std::uint64_t>& number) {
  return number ? of(*number) : std::nullopt;
}

struct MeasureGroup {
  const char* heading;
  std::vector<Measure> measures;
};

std::vector<MeasureGroup> measure_groups() {
  using S = const RunSummary&;
  return {
      {"Result",
       {{"Test accuracy", [](S s) { return s.test_accuracy; }, fixed, Better::Higher},
        {"Test loss", [](S s) { return s.test_loss; }, fixed, Better::Lower},
        {"Best validation accuracy", [](S s) { return s.best_validation_accuracy; }, fixed,
         Better::Higher},
        {"Best validation loss", [](S s) { return s.best_validation_loss; }, fixed,
         Better::Lower}}},
      {"Target",
       {{"Target accuracy", [](S s) { return s.target_accuracy; }, ratio},
        {"Time to target", [](S s) { return s.seconds_to_target; }, duration, Better::Lower},
        {"Bytes to target", [](S s) { return of(s.bytes_to_target); }, bytes, Better::Lower}}},
      {"Time",
       {{"Whole run", [](S s) { return of(s.seconds); }, duration},
        {"Training", [](S s) { return of(s.training_seconds); }, duration, Better::Neither, true},
        {"Server busy", [](S s) { return of(s.server_busy_seconds); }, duration, Better::Neither,
         true},
        {"Samples per second", [](S s) { return s.samples_per_second; }, rate, Better::Higher}}},
      {"Work",
       {{"Workers", [](S s) { return of(s.workers); }, whole},
        {"Rounds", [](S s) { return of(s.rounds); }, whole},
        {"Steps", [](S s) { return of(s.steps); }, whole},
        {"Samples", [](S s) { return of(s.samples); }, whole},
        {"Merges", [](S s) { return of(s.merges); }, whole, Better::Neither, true}}},
      {"Communication",
       {{"Pushes", [](S s) { return of(s.pushes); }, whole},
        {"Suppressed", [](S s) { return of(s.suppressed); }, whole},
        {"Rounds per push", [](S s) { return s.worker_independence; }, ratio},
        {"Bytes up", [](S s) { return of(s.bytes.up); }, bytes, Better::Lower},
        {"Bytes down", [](S s) { return of(s.bytes.down); }, bytes, Better::Lower},
        {"Rows delivered", [](S s) { return of(s.bytes.data); }, bytes, Better::Neither, true}}},
      {"Faults",
       {{"Workers lost", [](S s) { return of(s.workers_lost); }, whole, Better::Neither, true},
        {"Workers returned", [](S s) { return of(s.workers_returned); }, whole, Better::Neither,
         true},
        {"Rejected updates", [](S s) { return of(s.rejected_updates); }, whole, Better::Neither,
         true}}},
  };
}

/// Marks the best of several different numbers.
void mark_best(const std::vector<Number>& numbers, Better better, std::vector<Cell>& cells) {
  std::vector<double> known;
  for (const Number& number : numbers) {
    if (number && std::isfinite(*number)) {
      known.push_back(*number);
    }
  }
  if (better == Better::Neither || known.size() < 2) {
    return;
  }
  const auto [low, high] = std::minmax_element(known.begin(), known.end());
  for (std::size_t i = 0; i < cells.size() && *low < *high; ++i) {
    cells[i].is_best = numbers[i] == (better == Better::Lower ? *low : *high);
  }
}

std::optional<TableRow> row_of(const Measure& measure, Runs runs,
                               const std::vector<RunSummary>& facts) {
  TableRow row{.heading = measure.name};
  std::vector<Number> numbers;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const bool is_known = runs[i].summary || !measure.of_summary;
    numbers.push_back(is_known ? measure.number(facts[i]) : std::nullopt);
    row.cells.push_back({numbers.back() ? measure.text(*numbers.back()) : "\u2013"});
  }
  if (std::none_of(numbers.begin(), numbers.end(),
                   [](const Number& one) { return one.has_value(); })) {
    return std::nullopt;
  }
  mark_best(numbers, measure.better, row.cells);
  return row;
}

TableRow words(const char* heading, const std::vector<RunSummary>& facts,
               std::string (*text)(const RunSummary&)) {
  TableRow row{.heading = heading};
  for (const RunSummary& one : facts) {
    row.cells.push_back({text(one)});
  }
  return row;
}

}  // namespace

Section numbers_section(Runs runs) {
  Section section{.id = "numbers", .heading = "Numbers"};
  std::vector<RunSummary> facts;
  Table table{.caption = "The runs in numbers"};
  table.columns.emplace_back("");
  for (const RunHistory& run : runs) {
    facts.push_back(facts_of(run));
    table.columns.push_back(run.label);
  }
  table.rows.push_back(words("Strategy", facts, [](const RunSummary& s) { return s.strategy; }));
  for (const MeasureGroup& group : measure_groups()) {
    std::vector<TableRow> rows;
    for (const Measure& measure : group.measures) {
      if (auto row = row_of(measure, runs, facts)) {
        rows.push_back(std::move(*row));
      }
    }
    if (!rows.empty()) {
      table.rows.push_back({.heading = group.heading});
      std::move(rows.begin(), rows.end(), std::back_inserter(table.rows));
    }
  }
  if (runs.size() > 1) {
    section.text = "The best of a row is bold.";
  }
  section.tables.push_back(std::move(table));
  return section;
}

}  // namespace hermes::report
