#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hermes/core/time.hpp"
#include "hermes/protocol/record.hpp"

namespace hermes::telemetry {

/// What holds a worker up.
enum class Slowness : std::uint8_t { None, Compute, Data, Network };

/// Where the time between permission and report of one round went, as the server sees it.
struct RoundTimes {
  double compute_seconds = 0.0;  ///< training and evaluation
  double data_seconds = 0.0;
  double network_seconds = 0.0;  ///< the report came so much later than the round took

  double total() const { return compute_seconds + data_seconds + network_seconds; }
};

/// What grew most, if the round took more than twice as long as usual, and by more than noise.
Slowness slowness_of(const RoundTimes& round, const RoundTimes& usual);

/// Notices while it happens that a worker is slower than it usually is, and why; and says so once
/// per change. A worker's own earlier rounds are the measure: that machines differ is no news.
/// Pure.
///
/// Slow is who was so for three rounds in a row. Late is who owes a report for four times as long
/// as it usually takes; whether it still sends heartbeats tells the network from a long round.
class SlowWatch {
 public:
  /// `heartbeat`: the longest silence of a living worker.
  explicit SlowWatch(Duration heartbeat) : heartbeat_(heartbeat) {}

  /// Anything came from this rank.
  void heard(Rank rank, Instant now);
  /// What there is to say of it, one line each.
  std::vector<std::string> record(const protocol::Record& record, Instant now);
  /// To be called often.
  std::vector<std::string> tick(Instant now);

 private:
  struct Worker {
    std::deque<double> compute_per_sample;  ///< of the last usual rounds, as the next two
    std::deque<double> data;
    std::deque<double> network;
    std::optional<Instant> permitted_at;  ///< since then it owes a report
    std::optional<Instant> heard_at;
    Slowness suspected = Slowness::None;  ///< for `suspected_rounds` rounds
    std::uint32_t suspected_rounds = 0;
    Slowness said = Slowness::None;
    bool is_late = false;  ///< and that was said
    double usual_seconds = 0.0;

    bool has_rhythm() const;
    RoundTimes usual(std::uint64_t samples) const;
  };

  std::optional<std::string> on_report(const protocol::ReportAccepted& accepted, Instant now);
  void learn(Worker& worker, const RoundTimes& round, std::uint64_t samples);

  Duration heartbeat_;
  std::map<Rank, Worker> workers_;
  std::optional<Instant> looked_at_;
};

}  // namespace hermes::telemetry
