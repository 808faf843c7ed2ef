#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"
#include "hermes/protocol/liveness.hpp"
#include "hermes/protocol/message.hpp"

namespace hermes::protocol {

enum class PeerState : std::uint8_t {
  Expected,    ///< has not joined yet
  Joined,      ///< waits for the run to start
  Computing,   ///< holds a valid ticket
  Waiting,     ///< reported and waits for a release
  Collecting,  ///< was asked for its payload
  Measuring,   ///< its update is being evaluated; waits
  Lost,        ///< silent beyond its deadline; may come back
  Left,        ///< said farewell, or was refused
};

/// A payload that waits to be merged, or is being merged.
struct Update {
  Rank rank{};
  Version base{};
  PayloadKind kind = PayloadKind::None;
  SharedParameters payload{};
  double loss = 0.0;     ///< the worker's validation loss, or the server's where that counts
  bool is_ready = true;  ///< false while the server measures its loss
  std::uint64_t samples = 0;
  std::uint64_t staleness = 0;  ///< filled in when it is merged
};

/// What the server knows of one worker.
struct Peer {
  Rank rank{};
  PeerState state = PeerState::Expected;
  PeerState lost_in = PeerState::Expected;  ///< of a lost worker, or one of an earlier run that was
                                            ///< checkpointed: its state before
  Ticket ticket{};                          ///< of the last release
  Round clock{};     ///< rounds accepted; a returning worker starts at the slowest peer's
  Round reported{};  ///< the worker's own count in its last report
  Version pulled{};  ///< version of the model it was last given
  Assignment assignment{};
  RoundPlan plan{};  ///< of the last release
  std::uint64_t memory_budget = 0;
  Report last_report{};
  std::uint32_t malformed = 0;  ///< reports in a row that could not be used
  std::optional<Update> pending{};
  Instant released_at{};
  Instant reported_at{};
  Instant last_sent{};
  SilenceMonitor silence;

  bool is_live() const {
    return state == PeerState::Computing || state == PeerState::Waiting ||
           state == PeerState::Collecting || state == PeerState::Measuring;
  }
  bool is_waiting() const { return state == PeerState::Waiting; }
  /// The worker's own state after its last report is known.
  bool is_captured() const { return is_live() && last_report.captured; }
};

/// All workers of a run, in rank order. The rules look at it; only the server changes it.
class Roster {
 public:
  Roster(std::uint32_t workers, const LivenessConfig& liveness);

  std::span<Peer> peers() { return peers_; }
  std::span<const Peer> peers() const { return peers_; }
  Peer& at(Rank rank);
  const Peer& at(Rank rank) const;
  bool contains(Rank rank) const;

  std::uint32_t size() const { return static_cast<std::uint32_t>(peers_.size()); }
  std::uint32_t count(PeerState state) const;
  std::uint32_t live_count() const;
  /// True when there is a live worker and every live worker waits.
  bool all_live_waiting() const;
  /// The smallest clock of the live workers; nullopt when there is none.
  std::optional<Round> slowest_clock() const;
  /// The rounds that the slowest live worker had behind it when it began its present round (who
  /// waits has already counted it); nullopt when there is no live worker.
  std::optional<Round> slowest_start() const;

 private:
  std::vector<Peer> peers_{};
};

}  // namespace hermes::protocol
