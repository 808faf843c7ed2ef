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

constexpr double kOutliers = 0.02;
constexpr Size kSmall{.width = 390, .height = 215};
constexpr Pen kScorePen{.colour = 0};
constexpr Pen kThresholdPen{.colour = 4, .dash = 1};
constexpr Pen kPushPen{.colour = 1};

bool has_gate(const Round& round) {
  return can_be_drawn(round.gate_z) && can_be_drawn(round.gate_threshold);
}

Figure gate_of(const RunHistory& run, std::uint32_t rank, std::string id, const Detail& detail) {
  Figure figure{.id = std::move(id), .title = fmt::format("Worker {}", rank), .size = kSmall};
  Curve score{.pen = kScorePen, .width = 1.2};
  Curve threshold{.pen = kThresholdPen, .width = 1.2};
  Curve pushes{.look = Look::Dots, .pen = kPushPen, .width = 2.4};
  double last = 0.0;
  std::uint64_t rounds = 0;
  std::uint64_t push_count = 0;
  for (const Round& round : run.metrics.rounds) {
    if (round.rank != rank) {
      continue;
    }
    ++rounds;
    push_count += round.is_push ? 1 : 0;
    const auto x = static_cast<double>(round.number);
    if (has_gate(round)) {
      score.points.push_back({x, round.gate_z});
      threshold.points.push_back({x, round.gate_threshold});
      if (round.is_push) {
        pushes.points.push_back({x, round.gate_z});
      }
      last = std::max(last, x);
    }
  }
  figure.note = fmt::format("{} push{} in {}", telemetry::grouped(push_count),
                            push_count == 1 ? "" : "es", telemetry::counted(rounds, "round"));
  figure.description = fmt::format(
      "{}, worker {}: z-score of its validation loss and the threshold over its rounds; "
      "{} rounds, {} pushes.",
      run.label, rank, rounds, push_count);
  for (Curve* curve : {&score, &threshold, &pushes}) {
    curve->points = thin_out(std::move(curve->points), detail.points / 2);
    if (!curve->points.empty()) {
      figure.curves.push_back(std::move(*curve));
    }
  }
  figure.x = axis_from_zero("round", last);
  figure.y = axis_around("z", heights(figure.curves), kOutliers, kOutliers);
  for (Curve& curve : figure.curves) {
    keep_within(figure.y, curve.points);
  }
  return figure;
}

Group group_of(Runs runs, std::size_t number, const Detail& detail) {
  const RunHistory& run = runs[number];
  const std::vector<std::uint32_t> workers = chosen_workers(run, detail.gates);
  Group group{.heading = runs.size() > 1 ? run.label : ""};
  group.text = said_of_choice(workers.size(), workers_of(run).size());
  group.legend = {{.text = "z-score of the validation loss", .pen = kScorePen},
                  {.text = "threshold", .pen = kThresholdPen},
                  {.text = "push", .look = Look::Dots, .pen = kPushPen}};
  group.is_small = true;
  for (const std::uint32_t rank : workers) {
    Figure figure = gate_of(run, rank, fmt::format("run{}-gate{}", number + 1, rank), detail);
    if (!figure.curves.empty()) {
      group.figures.push_back(std::move(figure));
    }
  }
  return group;
}

}  // namespace

Section gate_section(Runs runs, const Detail& detail) {
  Section section{.id = "gate", .heading = "The gate"};
  section.text =
      "A worker pushes when the z-score of its validation loss falls to the threshold. Values "
      "beyond the frame are drawn at its edge.";
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::vector<Round>& rounds = runs[i].metrics.rounds;
    if (std::any_of(rounds.begin(), rounds.end(), has_gate)) {
      section.groups.push_back(group_of(runs, i, detail));
    }
  }
  return section;
}

}  // namespace hermes::report
