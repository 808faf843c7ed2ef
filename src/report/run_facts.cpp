#include "report/run_facts.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "hermes/data/csv.hpp"
#include "report/thin_out.hpp"

namespace hermes::report {
namespace {

using telemetry::RunSummary;
using telemetry::WorkerSummary;

std::optional<double> number_setting(const RunHistory& run, const std::string& key) {
  double value = 0.0;
  return data::parse_number(setting(run, key), value) && std::isfinite(value) ? std::optional(value)
                                                                              : std::nullopt;
}

void add_known(double seconds, double& sum) {
  sum += std::isfinite(seconds) ? seconds : 0.0;
}

void add_rounds(const Metrics& metrics, RunSummary& facts) {
  std::map<std::uint32_t, WorkerSummary> table;
  for (const Round& round : metrics.rounds) {
    WorkerSummary& worker = table[round.rank];
    worker.rank.value = static_cast<decltype(worker.rank.value)>(round.rank);
    worker.state = "unknown";
    ++worker.rounds;
    worker.steps += round.steps;
    worker.samples += round.samples;
    worker.pushes += round.is_push ? 1 : 0;
    worker.suppressed += round.is_suppressed ? 1 : 0;
    add_known(round.compute_seconds, worker.times.compute_seconds);
    add_known(round.evaluation_seconds, worker.times.evaluation_seconds);
    add_known(round.data_seconds, worker.times.data_seconds);
  }
  for (const auto& [rank, worker] : table) {
    facts.rounds += worker.rounds;
    facts.steps += worker.steps;
    facts.samples += worker.samples;
    facts.pushes += worker.pushes;
    facts.suppressed += worker.suppressed;
    facts.worker_table.push_back(worker);
  }
  facts.workers = static_cast<std::uint32_t>(table.size());
  if (facts.pushes > 0) {
    facts.worker_independence =
        static_cast<double>(facts.rounds) / static_cast<double>(facts.pushes);
  }
}

// counts_bytes: metrics.csv counts all bytes; not so those of data that the server delivers.
void add_evaluations(const Metrics& metrics, bool counts_bytes, RunSummary& facts) {
  for (const Evaluation& one : metrics.evaluations) {
    if (std::isfinite(one.loss)) {
      facts.best_validation_loss =
          std::min(facts.best_validation_loss.value_or(one.loss), one.loss);
    }
    if (std::isfinite(one.accuracy)) {
      facts.best_validation_accuracy =
          std::max(facts.best_validation_accuracy.value_or(one.accuracy), one.accuracy);
    }
    if (facts.target_accuracy && !facts.seconds_to_target &&
        one.accuracy >= *facts.target_accuracy) {
      facts.seconds_to_target = one.seconds;
      if (counts_bytes) {
        facts.bytes_to_target = static_cast<std::uint64_t>(one.bytes);
      }
    }
  }
}

}  // namespace

RunSummary facts_of(const RunHistory& run) {
  if (run.summary) {
    return *run.summary;
  }
  RunSummary facts;
  facts.strategy = setting(run, "strategy.type");
  facts.seconds = end_of(run);
  facts.bytes.up = run.metrics.bytes_up;
  facts.bytes.down = run.metrics.bytes_down;
  facts.target_accuracy = number_setting(run, "stop.target_accuracy");
  if (facts.target_accuracy == 0.0) {  // as the configuration says that there is none
    facts.target_accuracy.reset();
  }
  add_rounds(run.metrics, facts);
  add_evaluations(run.metrics, setting(run, "data.delivery") != "server", facts);
  return facts;
}

double end_of(const RunHistory& run) {
  double end = run.metrics.last_seconds;
  if (run.summary && std::isfinite(run.summary->seconds)) {
    end = std::max(end, run.summary->seconds);
  }
  return end;
}

std::vector<std::uint32_t> workers_of(const RunHistory& run) {
  std::vector<std::uint32_t> ranks;
  for (const Round& round : run.metrics.rounds) {
    ranks.push_back(round.rank);
  }
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  return ranks;
}

std::vector<std::uint32_t> chosen_workers(const RunHistory& run, std::size_t most) {
  std::map<std::uint32_t, std::pair<double, double>> sums;  // rank -> seconds, rounds
  for (const Round& round : run.metrics.rounds) {
    auto& [seconds, rounds] = sums[round.rank];
    add_known(round.compute_seconds, seconds);
    rounds += 1.0;
  }
  std::vector<std::pair<double, std::uint32_t>> by_speed;
  for (const auto& [rank, sum] : sums) {
    by_speed.emplace_back(sum.first / sum.second, rank);
  }
  std::sort(by_speed.begin(), by_speed.end());
  std::vector<std::uint32_t> chosen;
  for (const std::size_t place : evenly_spread(by_speed.size(), most)) {
    chosen.push_back(by_speed[place].second);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::string said_of_choice(std::size_t shown, std::size_t all) {
  return shown == all
             ? ""
             : fmt::format("{} of {} workers, from the fastest to the slowest.", shown, all);
}

std::string setting(const RunHistory& run, const std::string& key) {
  const auto found = run.settings.find(key);
  return found == run.settings.end() ? "" : std::string(data::trimmed(found->second));
}

}  // namespace hermes::report
