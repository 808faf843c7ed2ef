#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "hermes/telemetry/human_units.hpp"
#include "report/axes.hpp"
#include "report/make_report.hpp"

namespace hermes::report {
namespace {

using Histogram = std::map<std::uint64_t, std::uint64_t>;

constexpr std::uint64_t kBarsMax = 40;

/// Staleness of merged updates -> how many; of a run without a summary, of its pushes.
Histogram histogram_of(const RunHistory& run) {
  if (run.summary) {
    return run.summary->staleness ? run.summary->staleness->histogram : Histogram{};
  }
  Histogram histogram;
  for (const Round& round : run.metrics.rounds) {
    if (round.is_push && round.staleness >= 0.0 && can_be_drawn(round.staleness)) {
      ++histogram[static_cast<std::uint64_t>(round.staleness)];
    }
  }
  return histogram;
}

std::string note_of(const RunHistory& run) {
  return !run.summary || !run.summary->staleness
             ? ""
             : fmt::format("median {:.4g}, largest {}", run.summary->staleness->median,
                           telemetry::grouped(run.summary->staleness->max));
}

std::optional<Figure> figure_of(const RunHistory& run, std::size_t number) {
  const Histogram histogram = histogram_of(run);
  if (histogram.empty() || !can_be_drawn(static_cast<double>(histogram.rbegin()->first))) {
    return std::nullopt;
  }
  const std::uint64_t width = histogram.rbegin()->first / kBarsMax + 1;
  std::map<std::uint64_t, double> bars;
  double tallest = 0.0;
  for (const auto& [staleness, updates] : histogram) {
    double& bar = bars[staleness / width];
    bar += static_cast<double>(updates);
    tallest = std::max(tallest, bar);
  }
  if (!can_be_drawn(tallest)) {
    return std::nullopt;
  }
  Figure figure{.id = fmt::format("run{}-staleness", number + 1), .title = run.label};
  figure.note = note_of(run);
  figure.description =
      fmt::format("{}: how many merged updates had which staleness. {}", run.label, figure.note);
  figure.size = {.width = 390, .height = 215};
  figure.x = {.label = "versions", .low = -0.6, .high = 0.6};
  figure.y = axis_from_zero("updates", tallest);
  figure.y.counts_large = true;
  Boxes boxes{.colour = 0};
  const auto wide = static_cast<double>(width);
  for (const auto& [place, height] : bars) {
    const double left = static_cast<double>(place) * wide - 0.5;
    boxes.boxes.push_back({left + 0.1 * wide, left + 0.9 * wide, 0.0, height});
    figure.x.high = std::max(figure.x.high, left + wide);
  }
  figure.x.high = std::max(figure.x.high, 5.5);
  figure.boxes.push_back(std::move(boxes));
  return figure;
}

}  // namespace

Section staleness_section(Runs runs) {
  Section section{.id = "staleness", .heading = "Staleness"};
  section.text =
      "How many versions older than the server's the model was on which a merged update was built.";
  Group group{.is_small = true};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (auto figure = figure_of(runs[i], i)) {
      group.figures.push_back(std::move(*figure));
    }
  }
  if (!group.figures.empty()) {
    section.groups.push_back(std::move(group));
  }
  return section;
}

}  // namespace hermes::report
