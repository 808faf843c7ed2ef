#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "hermes/core/time.hpp"
#include "hermes/protocol/record.hpp"

namespace hermes::telemetry {

/// Turns the server's records into the events of a trace: one track per rank, spans on each that
/// nest, and an arrow for each update from its push over its merge to the release that answers it
/// (src/telemetry/README.md says what is drawn). Pure, and of bounded size. Events are lines that
/// end in a comma.
///
/// A worker's clock is not the server's. A round is drawn so that it ends when its report arrives;
/// the way there and back is before it. Within a round the report knows sums alone: first waiting
/// for rows, then training, then evaluation.
class TraceTimeline {
 public:
  explicit TraceTimeline(std::uint32_t workers);

  /// The names of the tracks.
  void begin(std::string& out) const;
  void record(const protocol::Record& record, Instant now, std::string& out);
  /// Rank 0 spent this time on one thing. A merge comes before its record.
  void server_span(std::string_view name, Instant begin, Instant end, std::string& out);
  /// What is under way is drawn to its end.
  void finish(Instant now, std::string& out);

  /// For a run that goes on: the number of the next arrow, and to which nanosecond and round each
  /// worker is drawn.
  struct Place {
    struct Worker {
      std::int64_t drawn_to = 0;
      Round last_round{};

      template <class Archive>
      friend void serialize(Archive& archive, Worker& worker, unsigned /*version*/) {
        archive& worker.drawn_to& worker.last_round;
      }
    };
    std::uint64_t next_flow = 1;
    std::map<Rank, Worker> workers{};
  };
  Place place() const;
  void resume(const Place& place);

 private:
  using Time = std::int64_t;  // nanoseconds

  struct PushedUpdate {
    Time pushed_at = 0;
    std::optional<Time> merged_at{};
  };
  struct WorkerTrack {
    bool is_open = false;  ///< the worker is there
    Time drawn_to = 0;
    std::optional<Time> released_at{};  ///< since then
    bool is_waiting = false;            ///< from `drawn_to` on, for a release
    Round last_round{};
    std::optional<PushedUpdate> update{};
  };

  void on(const protocol::WorkerJoined& joined, Time now, std::string& out);
  void on(const protocol::WorkerRefused& refused, Time now, std::string& out);
  void on(const protocol::WorkerLost& lost, Time now, std::string& out);
  void on(const protocol::WorkerReturned& returned, Time now, std::string& out);
  void on(const protocol::WorkerLeft& left, Time now, std::string& out);
  void on(const protocol::TrainingStarted& started, Time now, std::string& out);
  void on(const protocol::ReportAccepted& accepted, Time now, std::string& out);
  void on(const protocol::ReportRejected& rejected, Time now, std::string& out);
  void on(const protocol::Merged& merged, Time now, std::string& out);
  void on(const protocol::Released& released, Time now, std::string& out);
  void on(const protocol::Evaluation& evaluation, Time now, std::string& out);
  void on(const protocol::AssignmentChanged& changed, Time now, std::string& out);
  void on(const protocol::StopDecided& stop, Time now, std::string& out);

  void draw_gap(Rank rank, WorkerTrack& track, Time to, std::string& out);
  void draw_arrow(Rank rank, WorkerTrack& track, std::optional<Time> released_at, std::string& out);
  void close(Rank rank, WorkerTrack& track, Time now, std::string& out);

  std::uint32_t workers_;
  std::map<Rank, WorkerTrack> tracks_;
  std::optional<Time> merge_began_at_;
  std::uint64_t next_flow_ = 1;
};

}  // namespace hermes::telemetry
