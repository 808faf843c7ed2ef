#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "hermes/core/time.hpp"
#include "hermes/protocol/record.hpp"
#include "hermes/telemetry/byte_counters.hpp"
#include "hermes/telemetry/run_summary.hpp"
#include "hermes/telemetry/server_work.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::telemetry {

/// What is known of a run before it begins.
struct RunFacts {
  std::string run{};  ///< its name
  std::string strategy{};
  std::uint32_t workers = 1;
  std::uint64_t seed = 0;
  double target_accuracy = 0.0;  ///< on the validation subset; 0: no target
};

/// Loss and accuracy of the best model on the test data.
struct TestResult {
  double loss = 0.0;
  double accuracy = 0.0;  ///< NaN: the targets are numbers
};

/// Where a worker stands, as far as the records tell.
enum class WorkerStanding : std::uint8_t { Expected, Joined, Training, Lost, Left, Refused };

/// Turns the server's records into the numbers of a run. Pure: no files, no clock.
///
/// Rounds, steps, samples and so on come from accepted reports; a worker that said farewell gives
/// its own totals, which then replace the server's count of it where they know of more rounds.
class RunStatistics {
 public:
  explicit RunStatistics(RunFacts facts);

  void record(const protocol::Record& record, Instant now, const ByteCounters& bytes);
  /// The newest byte counters, where there was no record.
  void count_bytes(const ByteCounters& bytes) { bytes_ = bytes; }
  /// What rank 0 did since the last call. In server_busy_seconds only training counts.
  void count_work(const ServerWork& work);
  void set_test_result(const TestResult& result) { test_ = result; }

  /// All that was counted so far, for checkpoints. A run that goes on counts on; who its workers
  /// are now, their records tell.
  void save(StateWriter& state) const;
  void load(StateReader& state);

  /// All numbers as they stand at `now`.
  RunSummary summary(Instant now) const;

  const RunFacts& facts() const { return facts_; }
  const ByteCounters& bytes() const { return bytes_; }
  std::optional<Instant> training_since() const { return training_since_; }
  std::optional<protocol::StopReason> stop_reason() const { return stop_reason_; }
  const std::optional<protocol::Evaluation>& last_evaluation() const { return last_evaluation_; }
  std::uint32_t alive_count() const;
  std::uint64_t rounds() const;
  std::uint64_t pushes() const;
  std::uint64_t samples() const;
  /// Rounds of the worker that has completed most of them.
  std::uint64_t fastest_rounds() const;

 private:
  struct WorkerAccount {
    WorkerStanding standing = WorkerStanding::Expected;
    protocol::WorkerTotals totals;
    Round last_round;
    bool was_lost = false;
    bool has_returned = false;
    std::optional<Instant> joined_at;     ///< for the first time
    std::optional<Instant> ended_at;      ///< lost or gone
    std::optional<Instant> permitted_at;  ///< its last release or report
  };

  void on(const protocol::WorkerJoined& joined, Instant now);
  void on(const protocol::WorkerRefused& refused, Instant now);
  void on(const protocol::WorkerLost& lost, Instant now);
  void on(const protocol::WorkerReturned& returned, Instant now);
  void on(const protocol::WorkerLeft& left, Instant now);
  void on(const protocol::TrainingStarted& started, Instant now);
  void on(const protocol::ReportAccepted& accepted, Instant now);
  void on(const protocol::ReportRejected& rejected, Instant now);
  void on(const protocol::Merged& merged, Instant now);
  void on(const protocol::Released& released, Instant now);
  void on(const protocol::Evaluation& evaluation, Instant now);
  void on(const protocol::AssignmentChanged& changed, Instant now);
  void on(const protocol::StopDecided& stop, Instant now);

  RankTimes times_of(const WorkerAccount& worker, Instant now) const;
  void add_workers(RunSummary& summary, Instant now) const;
  Duration training_time(Instant now) const;
  std::uint64_t sum(std::uint64_t protocol::WorkerTotals::*count) const;
  std::optional<StalenessSummary> staleness() const;

  RunFacts facts_;
  ByteCounters bytes_;
  std::map<Rank, WorkerAccount> workers_;
  std::map<std::uint64_t, std::uint64_t> staleness_;
  std::map<protocol::RejectReason, std::uint64_t> rejected_reports_;
  std::uint64_t merges_ = 0;
  std::uint64_t rejected_updates_ = 0;
  std::optional<Instant> training_since_;
  std::optional<Instant> stopped_at_;
  Duration server_busy_{};
  ServerWork server_work_;
  std::optional<protocol::StopReason> stop_reason_;
  std::optional<protocol::Evaluation> last_evaluation_;
  std::optional<double> best_loss_;
  std::optional<double> best_accuracy_;
  std::optional<Instant> target_reached_at_;
  std::uint64_t bytes_to_target_ = 0;
  std::optional<TestResult> test_;
};

}  // namespace hermes::telemetry
