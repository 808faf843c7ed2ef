#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"

namespace hermes::runtime {

enum class FaultKind : std::uint8_t {
  Kill,       ///< the process ends at once, as by kill -9
  Freeze,     ///< it does nothing at all for a while
  Slow,       ///< its work takes longer
  Cut,        ///< nothing that it sends or should receive gets through for a while
  Malformed,  ///< its next payload is damaged on its way
  NonFinite,  ///< a weight of its own model becomes NaN
};

/// [[fault]]: what shall go wrong, and when: at a time of the rank's clock or, with a worker, when
/// it has completed so many rounds.
struct Fault {
  std::optional<std::uint64_t> rank{};  ///< 0: the server, which can be killed, frozen or cut off
  FaultKind kind = FaultKind::Kill;
  std::optional<double> at_seconds{};
  std::optional<std::uint64_t> at_round{};
  std::optional<double> seconds{};  ///< freeze, cut: how long; slow: absent: to the end
  std::optional<double> factor{};   ///< slow

  friend bool operator==(const Fault&, const Fault&) = default;
};

/// The faults of one rank: which of them are due. Pure; asked again and again, in order of time.
class FaultSchedule {
 public:
  FaultSchedule(const std::vector<Fault>& plan, Rank rank);

  bool empty() const { return coming_.empty(); }
  /// One that is due now; each comes once. A slow time ends with a Slow of factor 1.
  std::optional<Fault> next_due(Instant now, std::uint64_t rounds);

 private:
  std::vector<Fault> coming_;
};

}  // namespace hermes::runtime
