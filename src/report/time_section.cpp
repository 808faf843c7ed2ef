#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include "hermes/core/time.hpp"
#include "hermes/telemetry/human_units.hpp"
#include "report/axes.hpp"
#include "report/make_report.hpp"
#include "report/run_facts.hpp"

namespace hermes::report {
namespace {

constexpr std::size_t kBarsMax = 48;
constexpr std::size_t kTableRowsMax = 48;

struct Part {
  const char* name;
  int colour;
};

constexpr std::array<Part, 6> kParts = {{{"computing", 0},
                                         {"evaluation", 3},
                                         {"waiting for rows", 2},
                                         {"waiting for the server", 4},
                                         {"on the wire", 1},
                                         {"other", kFrame}}};

using Times = std::array<double, kParts.size()>;

struct RankBar {
  std::string name;  ///< into a gnuplot script
  Times times{};
};

Times times_of(const telemetry::RankTimes& rank) {
  Times times = {rank.compute_seconds, rank.evaluation_seconds, rank.data_seconds,
                 rank.waited_seconds,  rank.wire_seconds,       rank.other_seconds()};
  for (double& seconds : times) {
    seconds = can_be_drawn(seconds) ? std::max(seconds, 0.0) : 0.0;
  }
  return times;
}

std::vector<RankBar> bars_of(const telemetry::RunSummary& facts) {
  std::vector<RankBar> bars;
  if (facts.server.seconds > 0.0) {
    bars.push_back({"server", times_of(facts.server)});
  }
  for (const telemetry::WorkerSummary& worker : facts.worker_table) {
    if (bars.size() < kBarsMax) {
      bars.push_back({fmt::format("worker {}", worker.rank.value), times_of(worker.times)});
    }
  }
  return bars;
}

double sum_of(const Times& times) {
  double sum = 0.0;
  for (const double seconds : times) {
    sum += seconds;
  }
  return sum;
}

std::string description(const RunHistory& run, const std::vector<RankBar>& bars) {
  Times sums{};
  double all = 0.0;
  for (const RankBar& bar : bars) {
    for (std::size_t i = 0; i < kParts.size(); ++i) {
      sums[i] += bar.times[i];
      all += bar.times[i];
    }
  }
  std::string text = fmt::format("{}: what each rank did for how long. All together:", run.label);
  for (std::size_t i = 0; i < kParts.size() && all > 0.0; ++i) {
    text += fmt::format("{} {} {:.0f} %", i == 0 ? "" : ",", kParts[i].name, 100.0 * sums[i] / all);
  }
  return text + ".";
}

std::optional<Figure> figure_of(const RunHistory& run, std::size_t number) {
  const std::vector<RankBar> bars = bars_of(facts_of(run));
  double longest = 0.0;
  for (const RankBar& bar : bars) {
    longest = std::max(longest, sum_of(bar.times));
  }
  if (!(longest > 0.0)) {
    return std::nullopt;
  }
  const Unit unit = time_unit(longest);
  Figure figure{.id = fmt::format("run{}-time", number + 1), .title = run.label};
  figure.description = description(run, bars);
  figure.size.height = 70 + 26 * std::max(static_cast<int>(bars.size()), 2);
  figure.x = axis_from_zero(unit.name, longest / unit.size);
  const auto lowest = static_cast<double>(bars.size()) - 1.0;
  figure.y = {.low = -0.6 - lowest, .high = 0.6};
  for (const Part& part : kParts) {
    figure.boxes.push_back({.colour = part.colour});
  }
  for (std::size_t row = 0; row < bars.size(); ++row) {
    const double middle = -static_cast<double>(row);
    figure.y.marks.emplace_back(middle, bars[row].name);
    double left = 0.0;
    for (std::size_t i = 0; i < kParts.size(); ++i) {
      const double right = left + bars[row].times[i] / unit.size;
      if (right > left) {
        figure.boxes[i].boxes.push_back({left, right, middle - 0.36, middle + 0.36});
      }
      left = right;
    }
  }
  std::erase_if(figure.boxes, [](const Boxes& set) { return set.boxes.empty(); });
  return figure;
}

Table table_of(const RunHistory& run) {
  const telemetry::RunSummary facts = facts_of(run);
  Table table{.caption = run.label + ": the workers"};
  table.columns = {"Rank", "State", "Rounds", "Steps", "Samples", "Pushes"};
  for (const Part& part : kParts) {
    table.columns.emplace_back(part.name);
  }
  for (const telemetry::WorkerSummary& worker : facts.worker_table) {
    if (table.rows.size() == kTableRowsMax) {
      table.rows.push_back(
          {.heading = fmt::format("and {} more", facts.worker_table.size() - kTableRowsMax)});
      break;
    }
    TableRow row{.heading = std::to_string(worker.rank.value)};
    for (std::string text :
         {worker.state, telemetry::grouped(worker.rounds), telemetry::grouped(worker.steps),
          telemetry::grouped(worker.samples), telemetry::grouped(worker.pushes)}) {
      row.cells.push_back({std::move(text)});
    }
    for (const double seconds : times_of(worker.times)) {
      const bool is_known = run.summary || seconds > 0.0;
      row.cells.push_back({is_known ? telemetry::human_duration(Duration(seconds)) : "\u2013"});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

Section time_section(Runs runs) {
  Section section{.id = "time", .heading = "Where the time went"};
  section.text =
      "What each rank did for how long. The server computes when it decides and merges, and waits "
      "when there is nothing to do; its time on the wire goes into receiving, checking and "
      "sending.";
  Group group;
  std::vector<Group> tables;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (auto figure = figure_of(runs[i], i)) {
      group.figures.push_back(std::move(*figure));
      tables.push_back({.heading = runs.size() > 1 ? runs[i].label : ""});
      tables.back().tables.push_back(table_of(runs[i]));
    }
  }
  if (group.figures.empty()) {
    return {};
  }
  for (const Part& part : kParts) {
    group.legend.push_back({.text = part.name, .pen = {.colour = part.colour}, .is_area = true});
  }
  section.groups.push_back(std::move(group));
  std::move(tables.begin(), tables.end(), std::back_inserter(section.groups));
  return section;
}

}  // namespace hermes::report
