#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "hermes/telemetry/human_units.hpp"
#include "report/axes.hpp"
#include "report/make_report.hpp"
#include "report/run_facts.hpp"
#include "report/thin_out.hpp"

namespace hermes::report {
namespace {

constexpr double kOutliers = 0.05;  // the steep beginning would press the rest flat

/// What is drawn over what.
struct View {
  const char* id;
  const char* title;
  double Evaluation::*x;
  double Evaluation::*y;
};

constexpr View kViews[] = {
    {"accuracy-time", "Validation accuracy over time", &Evaluation::seconds, &Evaluation::accuracy},
    {"accuracy-bytes", "Validation accuracy over bytes sent", &Evaluation::bytes,
     &Evaluation::accuracy},
    {"loss-time", "Validation loss over time", &Evaluation::seconds, &Evaluation::loss},
    {"loss-bytes", "Validation loss over bytes sent", &Evaluation::bytes, &Evaluation::loss},
};

double furthest(Runs runs, double Evaluation::*x) {
  double most = 0.0;
  for (const RunHistory& run : runs) {
    for (const Evaluation& one : run.metrics.evaluations) {
      most = std::max(most, one.*x);
    }
  }
  return most;
}

std::vector<Curve> curves_of(Runs runs, const View& view, double unit, std::size_t points_max) {
  std::vector<Curve> curves;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Curve curve{.pen = Pen::of_series(i)};
    for (const Evaluation& one : runs[i].metrics.evaluations) {
      if (can_be_drawn(one.*view.y)) {
        curve.points.push_back({one.*view.x / unit, one.*view.y});
      }
    }
    curve.points = thin_out(std::move(curve.points), points_max);
    if (!curve.points.empty()) {
      curves.push_back(std::move(curve));
    }
  }
  return curves;
}

std::vector<double> targets_of(Runs runs) {
  std::vector<double> targets;
  for (const RunHistory& run : runs) {
    const std::optional<double> target = facts_of(run).target_accuracy;
    if (target && *target > 0.0 && *target <= 1.0) {
      targets.push_back(*target);
    }
  }
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

Curve target_line(double target, double end) {
  return {
      .pen = {.colour = kInk, .dash = 1}, .width = 1.0, .points = {{0.0, target}, {end, target}}};
}

/// Losses over several powers of ten, as of a run that went astray, need a logarithmic axis.
void choose_loss_scale(Axis& axis, const std::vector<double>& values) {
  constexpr double kWide = 50.0;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  if (*low > 0.0 && *high > kWide * *low) {
    axis.is_logarithmic = true;
    axis.low = *low / 1.1;
    axis.high = *high * 1.1;
  }
}

std::string description(Runs runs, const View& view) {
  std::string text = fmt::format("{}, {}.", view.title, telemetry::counted(runs.size(), "run"));
  for (const RunHistory& run : runs) {
    const auto& evaluations = run.metrics.evaluations;
    if (!evaluations.empty()) {
      text += fmt::format(" {}: {:.4g} at first, {:.4g} at last.", run.label,
                          evaluations.front().*view.y, evaluations.back().*view.y);
    }
  }
  return text;
}

std::optional<Figure> figure_of(Runs runs, const View& view, const Detail& detail) {
  const bool over_time = view.x == &Evaluation::seconds;
  const bool is_accuracy = view.y == &Evaluation::accuracy;
  const double furthest_x = furthest(runs, view.x);
  const Unit unit = over_time ? time_unit(furthest_x) : byte_unit(furthest_x);
  Figure figure{.id = view.id, .title = view.title, .description = description(runs, view)};
  figure.curves = curves_of(runs, view, unit.size, detail.points);
  if (figure.curves.empty() || (!over_time && !(furthest_x > 0.0))) {
    return std::nullopt;
  }
  figure.x =
      axis_from_zero(over_time ? unit.name : unit.name + " up and down", furthest_x / unit.size);
  const std::vector<double> targets = is_accuracy ? targets_of(runs) : std::vector<double>{};
  std::vector<double> values = heights(figure.curves);
  figure.y = axis_around(is_accuracy ? "accuracy" : "loss", values, is_accuracy ? kOutliers : 0.0,
                         is_accuracy ? 0.0 : kOutliers);
  if (!is_accuracy) {
    choose_loss_scale(figure.y, values);
  }
  for (const double target : targets) {
    figure.y.low = std::min(figure.y.low, target - 0.02);
    figure.y.high = std::max(figure.y.high, target + 0.02);
    figure.curves.push_back(target_line(target, figure.x.high));
  }
  return figure;
}

/// Evaluations that are no numbers, which no curve can show.
std::string said_of_gaps(Runs runs) {
  std::string text;
  for (const RunHistory& run : runs) {
    const auto& all = run.metrics.evaluations;
    const auto gaps = static_cast<std::uint64_t>(std::count_if(
        all.begin(), all.end(), [](const Evaluation& one) { return !can_be_drawn(one.loss); }));
    if (gaps > 0) {
      text += fmt::format(" {}: {} of {} evaluations gave no finite loss and are not drawn.",
                          run.label, telemetry::grouped(gaps), telemetry::grouped(all.size()));
    }
  }
  return text;
}

}  // namespace

Section learning_section(Runs runs, const Detail& detail) {
  Section section{.id = "learning", .heading = "Learning"};
  section.text =
      "The global model on the validation rows. The steep beginning may lie outside the frame." +
      said_of_gaps(runs);
  Group group;
  for (const View& view : kViews) {
    if (auto figure = figure_of(runs, view, detail)) {
      group.figures.push_back(std::move(*figure));
    }
  }
  if (group.figures.empty()) {
    return {};
  }
  for (std::size_t i = 0; runs.size() > 1 && i < runs.size(); ++i) {
    group.legend.push_back({.text = runs[i].label, .pen = Pen::of_series(i)});
  }
  for (const double target : targets_of(runs)) {
    group.legend.push_back({.text = fmt::format("target accuracy {:.4g}", target),
                            .pen = {.colour = kInk, .dash = 1}});
  }
  section.groups.push_back(std::move(group));
  return section;
}

}  // namespace hermes::report
