#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "hermes/telemetry/human_units.hpp"
#include "report/axes.hpp"
#include "report/make_report.hpp"
#include "report/run_facts.hpp"
#include "report/thin_out.hpp"

namespace hermes::report {
namespace {

using ByRank = std::map<std::uint32_t, std::vector<Point>>;

/// A curve for each of the workers that has points, coloured by its place among them.
std::vector<Curve> curves_of(ByRank& points, const std::vector<std::uint32_t>& workers, Look look,
                             const Detail& detail) {
  std::vector<Curve> curves;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    std::vector<Point>& own = points[workers[i]];
    if (!own.empty()) {
      curves.push_back({.look = look,
                        .pen = Pen::of_series(i),
                        .width = 1.3,
                        .points = thin_out(std::move(own), detail.points)});
    }
  }
  return curves;
}

std::optional<Figure> round_times(const RunHistory& run, const std::string& id,
                                  const std::vector<std::uint32_t>& workers, const Unit& unit,
                                  const Detail& detail) {
  ByRank points;
  for (const Round& round : run.metrics.rounds) {
    double seconds = round.compute_seconds;
    for (const double more : {round.evaluation_seconds, round.data_seconds}) {
      seconds += can_be_drawn(more) ? more : 0.0;
    }
    if (can_be_drawn(seconds)) {
      points[round.rank].push_back({round.seconds / unit.size, seconds});
    }
  }
  Figure figure{.id = id + "-rounds", .title = "Seconds per round"};
  figure.curves = curves_of(points, workers, Look::Line, detail);
  if (figure.curves.empty()) {
    return std::nullopt;
  }
  const std::vector<double> values = heights(figure.curves);
  figure.description =
      fmt::format("{}: how long each round of each worker took, from {:.3g} to {:.3g} seconds.",
                  run.label, *std::min_element(values.begin(), values.end()),
                  *std::max_element(values.begin(), values.end()));
  figure.x = axis_from_zero(unit.name, end_of(run) / unit.size);
  figure.y = axis_from_zero("seconds", *std::max_element(values.begin(), values.end()));
  return figure;
}

/// One number of the assignments, over time. It holds until the next one, or the run's end.
Figure allocation(const RunHistory& run, const std::string& id, const char* title,
                  std::uint64_t Assignment::*number, const std::vector<std::uint32_t>& workers,
                  const Unit& unit, const Detail& detail) {
  ByRank points;
  for (const Assignment& one : run.log.assignments) {
    const auto value = static_cast<double>(one.*number);
    std::vector<Point>& own = points[one.rank];
    const double x = one.seconds / unit.size;
    if (can_be_drawn(value)) {
      if (!own.empty()) {
        own.push_back({x, own.back().y});
      }
      own.push_back({x, value});
    }
  }
  for (auto& [rank, own] : points) {
    if (!own.empty()) {
      own.push_back({end_of(run) / unit.size, own.back().y});
    }
  }
  Figure figure{.id = id, .title = title};
  figure.description = fmt::format("{}: {} of each worker over time.", run.label, title);
  figure.curves = curves_of(points, workers, Look::Line, detail);
  const std::vector<double> values = heights(figure.curves);
  figure.x = axis_from_zero(unit.name, end_of(run) / unit.size);
  figure.y = axis_from_zero(number == &Assignment::rows ? "rows" : "rows per step",
                            values.empty() ? 1.0 : *std::max_element(values.begin(), values.end()));
  figure.y.counts_large = true;
  return figure;
}

/// The two numbers that all assignments agree on, or that they differ.
std::string said_of_allocation(const Log& log) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> kinds;
  for (const Assignment& one : log.assignments) {
    kinds.emplace(one.rows, one.minibatch);
  }
  return kinds.size() != 1
             ? ""
             : fmt::format(" All workers had {} rows and mini-batches of {}, all the time.",
                           telemetry::grouped(kinds.begin()->first),
                           telemetry::grouped(kinds.begin()->second));
}

std::optional<Group> group_of(Runs runs, std::size_t number, const Detail& detail) {
  const RunHistory& run = runs[number];
  const std::vector<std::uint32_t> workers = chosen_workers(run, detail.workers);
  const Unit unit = time_unit(end_of(run));
  const std::string id = fmt::format("run{}", number + 1);
  Group group{.heading = runs.size() > 1 ? run.label : ""};
  if (auto figure = round_times(run, id, workers, unit, detail)) {
    group.figures.push_back(std::move(*figure));
  }
  const std::string same = said_of_allocation(run.log);
  if (!run.log.assignments.empty() && same.empty()) {
    const auto add = [&](const char* name, const char* title, std::uint64_t Assignment::*what) {
      Figure figure = allocation(run, id + name, title, what, workers, unit, detail);
      if (!figure.curves.empty()) {
        group.figures.push_back(std::move(figure));
      }
    };
    add("-rows", "Rows assigned", &Assignment::rows);
    add("-minibatch", "Mini-batch", &Assignment::minibatch);
  }
  if (group.figures.empty()) {
    return std::nullopt;
  }
  group.text = said_of_choice(workers.size(), workers_of(run).size()) + same;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    group.legend.push_back(
        {.text = fmt::format("worker {}", workers[i]), .pen = Pen::of_series(i)});
  }
  return group;
}

}  // namespace

Section rounds_section(Runs runs, const Detail& detail) {
  Section section{.id = "rounds", .heading = "Rounds and allocation"};
  section.text =
      "How long a round of each worker took (computing, measuring its model, waiting for rows), "
      "and what it was given to train on.";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (auto group = group_of(runs, i, detail)) {
      section.groups.push_back(std::move(*group));
    }
  }
  return section;
}

}  // namespace hermes::report
