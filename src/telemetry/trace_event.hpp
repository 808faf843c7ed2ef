#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"

/// Single events in the trace-event format of Chrome and Perfetto, as lines of a JSON array that is
/// never held as a whole. Texts must need no escapes.
namespace hermes::telemetry::trace {

/// Nanoseconds of the run: whole numbers, so that spans which touch do not overlap.
using Time = std::int64_t;

inline Time time_of(Instant instant) {
  return std::llround(instant.time_since_epoch().count() * 1e9);
}
inline Time time_of(Duration duration) {
  return std::llround(duration.count() * 1e9);
}

enum class FlowPhase : char { Start = 's', Step = 't', Finish = 'f' };

/// The array before its first event and after its last.
void add_begin(std::string& out);
void add_end(std::string& out, Time at);
/// The name of a rank's track, and its place.
void add_track(std::string& out, Rank rank, std::string_view name);
/// `args`: the members of a JSON object, or nothing.
void add_span(std::string& out, Rank rank, std::string_view name, Time begin, Time end,
              std::string_view args = {});
void add_instant(std::string& out, Rank rank, std::string_view name, Time at,
                 std::string_view args = {});
/// A point of an arrow; each is bound to the span around it.
void add_flow(std::string& out, FlowPhase phase, std::uint64_t id, Rank rank, Time at);

/// As JSON, which has no NaN and no infinity.
std::string number_or_null(double value);

}  // namespace hermes::telemetry::trace
