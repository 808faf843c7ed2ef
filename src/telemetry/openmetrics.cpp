#include "hermes/telemetry/openmetrics.hpp"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "telemetry/whole_file.hpp"

namespace hermes::telemetry {
namespace {

struct Label {
  std::string_view name;
  std::string value;
};

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\n') {
      safe += "\\n";
    } else {
      safe += c == '\\' || c == '"' ? std::string{'\\', c} : std::string{c};
    }
  }
  return safe;
}

/// The text under construction: families one after the other, each with its samples.
class Exposition {
 public:
  Exposition(std::string_view run, std::string_view strategy)
      : common_(fmt::format(R"(run="{}",strategy="{}")", escaped(run), escaped(strategy))) {}

  void counter(std::string_view name, std::string_view help) { family(name, "counter", help); }
  void gauge(std::string_view name, std::string_view help) { family(name, "gauge", help); }

  /// Of the last family.
  template <class Number>
  void sample(Number value, std::initializer_list<Label> labels = {}) {
    std::string all = common_;
    for (const Label& label : labels) {
      all += fmt::format(R"(,{}="{}")", label.name, escaped(label.value));
    }
    fmt::format_to(std::back_inserter(text_), "{}{{{}}} {}\n", sample_, all, value);
  }
  std::string finish() && { return std::move(text_) + "# EOF\n"; }

 private:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(text_), "# TYPE {} {}\n", name, type);
    for (const std::string_view unit : {"seconds", "bytes"}) {
      if (name.ends_with(unit)) {
        fmt::format_to(std::back_inserter(text_), "# UNIT {} {}\n", name, unit);
      }
    }
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n", name, help);
    sample_ = type == "counter" ? std::string(name) + "_total" : std::string(name);
  }

  std::string common_;
  std::string sample_;
  std::string text_;
};

void add_run(Exposition& out, const RunSummary& summary,
             const std::optional<protocol::Evaluation>& last) {
  out.gauge("hermes_run_seconds", "Time since the start of the run.");
  out.sample(summary.seconds);
  out.gauge("hermes_run_over", "1 when training has stopped.");
  out.sample(summary.stop_reason ? 1 : 0);
  out.counter("hermes_merges", "Versions of the global model.");
  out.sample(summary.merges);
  out.counter("hermes_rejected_updates", "Updates that were rejected.");
  out.sample(summary.rejected_updates);
  out.counter("hermes_workers_lost", "Distinct workers that were lost.");
  out.sample(summary.workers_lost);
  out.counter("hermes_transfer_bytes", "Bytes between server and workers.");
  out.sample(summary.bytes.up, {{"direction", "up"}});
  out.sample(summary.bytes.down, {{"direction", "down"}});
  out.sample(summary.bytes.data, {{"direction", "data"}});
  out.counter("hermes_messages", "Protocol messages between server and workers.");
  out.sample(summary.bytes.messages_up, {{"direction", "up"}});
  out.sample(summary.bytes.messages_down, {{"direction", "down"}});
  if (last && std::isfinite(last->loss)) {
    out.gauge("hermes_validation_loss", "Validation loss of the global model, last evaluation.");
    out.sample(last->loss);
  }
  if (last && std::isfinite(last->accuracy)) {
    out.gauge("hermes_validation_accuracy", "Likewise its accuracy, from 0 to 1.");
    out.sample(last->accuracy);
  }
}

void add_workers(Exposition& out, const RunSummary& summary) {
  struct Count {
    std::string_view name;
    std::string_view help;
    std::uint64_t WorkerSummary::*value;
  };
  constexpr Count kCounts[] = {
      {"hermes_rounds", "Rounds of a worker.", &WorkerSummary::rounds},
      {"hermes_steps", "Mini-batch updates of a worker.", &WorkerSummary::steps},
      {"hermes_samples", "Samples that a worker trained on.", &WorkerSummary::samples},
      {"hermes_pushes", "Reports of a worker with payload.", &WorkerSummary::pushes},
      {"hermes_suppressed", "Reports of a worker without payload.", &WorkerSummary::suppressed},
  };
  for (const Count& count : kCounts) {
    out.counter(count.name, count.help);
    for (const WorkerSummary& worker : summary.worker_table) {
      out.sample(worker.*count.value, {{"rank", std::to_string(worker.rank.value)}});
    }
  }
  out.gauge("hermes_worker_up", "1 for a worker that has joined and was not lost.");
  for (const WorkerSummary& worker : summary.worker_table) {
    const bool is_up = worker.state == "joined" || worker.state == "training";
    out.sample(is_up ? 1 : 0, {{"rank", std::to_string(worker.rank.value)}});
  }
}

void add_times(Exposition& out, const RunSummary& summary) {
  out.gauge("hermes_activity_seconds", "Where the time of a rank went.");
  const auto add = [&](Rank rank, const RankTimes& times) {
    const std::pair<std::string_view, double> parts[] = {
        {"compute", times.compute_seconds}, {"evaluation", times.evaluation_seconds},
        {"data", times.data_seconds},       {"waiting", times.waited_seconds},
        {"wire", times.wire_seconds},       {"other", times.other_seconds()},
    };
    for (const auto& [activity, time] : parts) {
      out.sample(time, {{"rank", std::to_string(rank.value)}, {"activity", std::string(activity)}});
    }
  };
  add(kServerRank, summary.server);
  for (const WorkerSummary& worker : summary.worker_table) {
    add(worker.rank, worker.times);
  }
}

}  // namespace

std::string openmetrics_text(std::string_view run, const RunSummary& summary,
                             const std::optional<protocol::Evaluation>& last) {
  Exposition out(run, summary.strategy);
  add_run(out, summary, last);
  add_workers(out, summary);
  add_times(out, summary);
  return std::move(out).finish();
}

OpenMetricsFile::OpenMetricsFile(std::filesystem::path file, std::string run)
    : file_(std::move(file)), run_(std::move(run)) {}

void OpenMetricsFile::update(const RunStatistics& statistics, Instant now) {
  if (!written_at_ || now - *written_at_ >= kInterval) {
    write(statistics, now);
  }
}

void OpenMetricsFile::write(const RunStatistics& statistics, Instant now) {
  written_at_ = now;
  write_whole(file_, openmetrics_text(run_, statistics.summary(now), statistics.last_evaluation()),
              "the metrics");
}

}  // namespace hermes::telemetry
