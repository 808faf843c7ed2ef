#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <utility>

#include "hermes/core/time.hpp"
#include "hermes/telemetry/human_units.hpp"
#include "report/make_report.hpp"
#include "report/number_text.hpp"
#include "report/run_facts.hpp"

namespace hermes::report {
namespace {

using telemetry::human_bytes;
using telemetry::human_duration;
using telemetry::RunSummary;

/// Ends that were configured; interrupted runs can go on; everything else went wrong.
Ending ending_of(const RunHistory& run) {
  static constexpr std::array<std::string_view, 5> kWanted = {
      "patience", "target_accuracy", "max_rounds", "max_seconds", "max_bytes"};
  if (!run.summary) {
    return Ending::Badly;
  }
  if (run.summary->interrupted) {
    return Ending::Early;
  }
  const std::string& reason = run.summary->stop_reason.value_or("");
  return std::find(kWanted.begin(), kWanted.end(), reason) != kWanted.end() ? Ending::Well
                                                                            : Ending::Badly;
}

std::string ended_text(const RunHistory& run) {
  const std::string after = human_duration(Duration(end_of(run)));
  if (!run.summary) {
    std::string text =
        run.metrics.rounds.empty() && run.metrics.evaluations.empty()
            ? std::string("Killed, or still going on: no summary.json, and no round in metrics.csv")
            : fmt::format("Killed, or still going on: no summary.json; last heard of after {}",
                          after);
    return text + (run.metrics.is_cut ? ", in the middle of a row of metrics.csv" : "");
  }
  const std::string reason = run.summary->stop_reason.value_or("unknown reason");
  if (run.summary->interrupted) {
    return fmt::format("Interrupted after {}", after);
  }
  return fmt::format("{}: {} after {}", ending_of(run) == Ending::Well ? "Ended" : "Ended badly",
                     reason, after);
}

void add_target(const RunSummary& facts, Card& card) {
  if (!facts.target_accuracy) {
    return;
  }
  const std::string name = "to accuracy " + ratio(*facts.target_accuracy);
  card.facts.emplace_back(name, facts.seconds_to_target
                                    ? human_duration(Duration(*facts.seconds_to_target))
                                    : "not reached");
  if (facts.seconds_to_target && facts.bytes_to_target) {
    card.facts.emplace_back("sent by then", human_bytes(*facts.bytes_to_target));
  }
}

}  // namespace

Card card(const RunHistory& run) {
  const RunSummary facts = facts_of(run);
  Card card{
      .label = run.label, .path = run.path, .ending = ending_of(run), .ended = ended_text(run)};
  if (facts.test_accuracy) {
    card.facts.emplace_back("test accuracy", fixed(*facts.test_accuracy));
  } else if (facts.best_validation_accuracy) {
    card.facts.emplace_back("best validation accuracy", fixed(*facts.best_validation_accuracy));
  }
  add_target(facts, card);
  const double bytes = static_cast<double>(facts.bytes.up) + static_cast<double>(facts.bytes.down);
  if (bytes > 0.0 && bytes < 1e18) {
    card.facts.emplace_back("sent in all", human_bytes(facts.bytes.up + facts.bytes.down));
  }
  if (facts.worker_independence) {
    card.facts.emplace_back("rounds per push", ratio(*facts.worker_independence));
  }
  card.strategy = facts.strategy.empty() ? ""
                                         : fmt::format("{}, {}", facts.strategy,
                                                       telemetry::counted(facts.workers, "worker"));
  return card;
}

}  // namespace hermes::report
