#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/random.hpp"
#include "hermes/data/csv.hpp"
#include "hermes/protocol/gate.hpp"
#include "hermes/telemetry/describe.hpp"

namespace hermes::cli {
namespace {

struct GateOptions {
  std::string file;
  std::string column;
  std::optional<int> rank;
  protocol::GateConfig gate;
};

/// The losses of a file in the order of its rows; by worker where the file names workers (0: not).
using LossSeries = std::map<int, std::vector<double>>;

/// A file with one column of losses, or with a header: metrics.csv of a run, for one.
class LossFile {
 public:
  explicit LossFile(const GateOptions& options) : options_(options), stream_(options.file) {
    if (!stream_) {
      throw DataError(options.file + ": expected a readable file, found none");
    }
  }

  LossSeries read() {
    LossSeries series;
    while (next_row()) {
      if (!loss_column_ && choose_columns()) {
        continue;  // that was the header
      }
      add_row(series);
    }
    if (series.empty()) {
      fail("expected at least one loss, found none");
    }
    return series;
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    throw DataError(options_.file + ": " + problem);
  }

  bool next_row() {
    while (std::getline(stream_, line_)) {
      ++line_number_;
      if (!data::trimmed(line_).empty()) {
        data::split_line(line_, ',', fields_);
        return true;
      }
    }
    return false;
  }

  std::optional<std::size_t> find(std::string_view name) const {
    const auto field = std::find(fields_.begin(), fields_.end(), name);
    return field == fields_.end()
               ? std::nullopt
               : std::optional(static_cast<std::size_t>(field - fields_.begin()));
  }

  /// Looks at the first row; true when it is a header.
  bool choose_columns() {
    double number = 0.0;
    const bool is_header = !data::parse_number(fields_.front(), number);
    if (!is_header) {
      if (fields_.size() != 1 || !options_.column.empty()) {
        fail(fmt::format("line {}: expected a header, as there are {} columns, found numbers",
                         line_number_, fields_.size()));
      }
      loss_column_ = 0;
      return false;
    }
    loss_column_ = find(options_.column.empty() ? "validation_loss" : options_.column);
    if (!loss_column_ && options_.column.empty() && fields_.size() == 1) {
      loss_column_ = 0;
    }
    if (!loss_column_) {
      fail(fmt::format("line {}: expected a column '{}' (see --column), found '{}'", line_number_,
                       options_.column.empty() ? "validation_loss" : options_.column, line_));
    }
    rank_column_ = find("rank");
    return true;
  }

  void add_row(LossSeries& series) const {
    if (fields_.size() <= std::max(*loss_column_, rank_column_.value_or(0))) {
      fail(fmt::format("line {}: expected as many columns as the first row has, found {}",
                       line_number_, fields_.size()));
    }
    double rank = 0.0;
    if (fields_[*loss_column_].empty() || (rank_column_ && fields_[*rank_column_].empty())) {
      return;  // a row of something else, as the evaluations in metrics.csv
    }
    if (rank_column_ && !data::parse_number(fields_[*rank_column_], rank)) {
      fail(fmt::format("line {}: rank: expected a number, found '{}'", line_number_,
                       fields_[*rank_column_]));
    }
    double loss = 0.0;
    if (!data::parse_number(fields_[*loss_column_], loss)) {
      fail(fmt::format("line {}: loss: expected a number, found '{}'", line_number_,
                       fields_[*loss_column_]));
    }
    const int worker = static_cast<int>(rank);
    if (!options_.rank || !rank_column_ || worker == *options_.rank) {
      series[worker].push_back(loss);
    }
  }

  const GateOptions& options_;
  std::ifstream stream_;
  std::string line_;
  std::size_t line_number_ = 0;
  std::vector<std::string_view> fields_;
  std::optional<std::size_t> loss_column_;
  std::optional<std::size_t> rank_column_;
};

int replay(const GateOptions& options) {
  const LossSeries series = LossFile(options).read();
  std::size_t rounds = 0;
  std::size_t pushes = 0;
  for (const auto& [worker, losses] : series) {
    protocol::Gate gate(options.gate,
                        RandomStream(1, RandomPurpose::Gate, static_cast<std::uint64_t>(worker)));
    const std::string who = worker > 0 ? fmt::format("worker {} ", worker) : "";
    std::size_t round = 0;
    for (const double loss : losses) {
      std::cout << fmt::format("{}round {}: loss {:.6g}: ", who, ++round, loss);
      if (!std::isfinite(loss)) {
        std::cout << "not finite, so it pulls the model and leaves the window as it is\n";
        continue;
      }
      const protocol::Gate::Decision decision = gate.decide(loss);
      std::cout << telemetry::describe(decision.reading) << "\n";
      pushes += decision.push ? 1 : 0;
    }
    rounds += losses.size();
  }
  std::cout << fmt::format("{} rounds, {} {}", rounds, pushes, pushes == 1 ? "push" : "pushes");
  if (pushes > 0) {
    std::cout << fmt::format(", worker independence {:.2f}",
                             static_cast<double>(rounds) / static_cast<double>(pushes));
  }
  std::cout << std::endl;
  return 0;
}

/// CLI11's Range lets nan pass.
CLI::Validator finite_within(double least, double most) {
  const auto problem = [least, most](const std::string& text) -> std::string {
    double number = 0.0;
    const bool is_fine = data::parse_number(text, number) && number >= least && number <= most;
    return is_fine ? ""
                   : fmt::format("expected a number from {} to {}, found '{}'", least, most, text);
  };
  return {problem, ""};
}

}  // namespace

void add_gate(CLI::App& app, Action& action) {
  auto options = std::make_shared<GateOptions>();
  CLI::App* command = app.add_subcommand(
      "gate", "Replays the Hermes gate over recorded losses and explains each decision");
  command->add_option("losses", options->file, "CSV: one column of losses, or metrics.csv of a run")
      ->required();
  command->add_option("--column", options->column, "column of the losses (validation_loss)");
  command->add_option("--rank", options->rank, "only this worker's rows");
  protocol::GateConfig& gate = options->gate;
  command->add_option("--alpha", gate.alpha, "first threshold of the z-score")
      ->check(finite_within(-1e6, 1e6))
      ->capture_default_str();
  command->add_option("--beta", gate.beta, "decay of the threshold per silent round")
      ->check(finite_within(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--lambda", gate.lambda, "silent rounds before the threshold decays")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  command->add_option("--window", gate.window, "losses that the z-score is taken over")
      ->check(CLI::Range(2U, 1'000'000U))
      ->capture_default_str();
  command->add_option("--max-silent", gate.max_silent, "push anyway in this silent round; 0: never")
      ->capture_default_str();
  command->add_flag("--reset", gate.reset_threshold, "go back to alpha after a push");
  command->add_flag("!--keep-window", gate.clear_window, "keep the losses after a push");
  command->callback([options, &action] { action = [options] { return replay(*options); }; });
}

}  // namespace hermes::cli
