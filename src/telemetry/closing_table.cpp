#include "hermes/telemetry/closing_table.hpp"

#include <spdlog/fmt/fmt.h>

#include <string_view>

#include "hermes/telemetry/human_units.hpp"

namespace hermes::telemetry {
namespace {

constexpr std::string_view kWorkerLine =
    "{:>6}  {:<8}  {:>7}  {:>9}  {:>11}  {:>7}  {:>10}  {:>9}  {:>9}  {:>9}  {:>9}  {:>9}\n";

std::string human(double seconds) {
  return human_duration(Duration(seconds));
}

std::string labelled(std::string_view label, std::string_view text) {
  return fmt::format("{:<12}{}\n", label, text);
}

std::string number_or_dash(const std::optional<double>& value, int decimals) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : "-";
}

std::string target_text(const RunSummary& summary) {
  if (!summary.seconds_to_target || !summary.bytes_to_target) {
    return fmt::format("accuracy {} not reached", *summary.target_accuracy);
  }
  return fmt::format("accuracy {} reached after {} and {}", *summary.target_accuracy,
                     human_duration(Duration(*summary.seconds_to_target)),
                     human_bytes(*summary.bytes_to_target));
}

std::string worker_line(const WorkerSummary& worker) {
  const RankTimes& times = worker.times;
  return fmt::format(kWorkerLine, worker.rank.value, worker.state, grouped(worker.rounds),
                     grouped(worker.steps), grouped(worker.samples), grouped(worker.pushes),
                     grouped(worker.suppressed), human(times.compute_seconds),
                     human(times.evaluation_seconds), human(times.data_seconds),
                     human(times.waited_seconds), human(times.wire_seconds));
}

std::string server_text(const RankTimes& times) {
  return fmt::format("merged {}, evaluated {}, for data {}, waited {}, on wire {}",
                     human(times.compute_seconds), human(times.evaluation_seconds),
                     human(times.data_seconds), human(times.waited_seconds),
                     human(times.wire_seconds));
}

std::string merge_text(const RunSummary& summary) {
  std::string text = fmt::format("{}, rejected updates {}", grouped(summary.merges),
                                 grouped(summary.rejected_updates));
  if (summary.staleness) {
    text += fmt::format(", staleness median {} max {}", summary.staleness->median,
                        summary.staleness->max);
  }
  return text;
}

}  // namespace

std::string closing_table(const RunSummary& summary) {
  std::string table;
  table += labelled("strategy", fmt::format("{}, {}, seed {}", summary.strategy,
                                            counted(summary.workers, "worker"), summary.seed));
  table += labelled("stopped", fmt::format("{} after {}, of which training {}",
                                           summary.stop_reason.value_or("unknown"),
                                           human_duration(Duration(summary.seconds)),
                                           human_duration(Duration(summary.training_seconds))));
  table += labelled(
      "rounds",
      fmt::format("{} ({} steps, {} samples, {} samples/s)", grouped(summary.rounds),
                  grouped(summary.steps), grouped(summary.samples),
                  summary.samples_per_second ? human_count(*summary.samples_per_second) : "-"));
  table +=
      labelled("pushes", fmt::format("{}, suppressed {}, worker independence (rounds per push) {}",
                                     grouped(summary.pushes), grouped(summary.suppressed),
                                     number_or_dash(summary.worker_independence, 2)));
  table += labelled("merges", merge_text(summary));
  table += labelled("bytes",
                    fmt::format("up {}, down {}, data {}", human_bytes(summary.bytes.up),
                                human_bytes(summary.bytes.down), human_bytes(summary.bytes.data)));
  table += labelled("validation", fmt::format("best loss {}, best accuracy {}",
                                              number_or_dash(summary.best_validation_loss, 4),
                                              number_or_dash(summary.best_validation_accuracy, 4)));
  table +=
      labelled("test", fmt::format("loss {}, accuracy {}", number_or_dash(summary.test_loss, 4),
                                   number_or_dash(summary.test_accuracy, 4)));
  table += labelled("server", server_text(summary.server));
  if (summary.target_accuracy) {
    table += labelled("target", target_text(summary));
  }
  if (summary.workers_lost > 0) {
    table +=
        labelled("lost", fmt::format("{}, {} came back", counted(summary.workers_lost, "worker"),
                                     summary.workers_returned));
  }
  return table + '\n' + worker_table(summary);
}

std::string worker_table(const RunSummary& summary) {
  std::string table =
      fmt::format(kWorkerLine, "worker", "state", "rounds", "steps", "samples", "pushes",
                  "suppressed", "computed", "evaluated", "for data", "waited", "on wire");
  for (const WorkerSummary& worker : summary.worker_table) {
    table += worker_line(worker);
  }
  return table;
}

}  // namespace hermes::telemetry
