#include "hermes/telemetry/trace_file.hpp"

#include <utility>

#include "telemetry/trace_event.hpp"

namespace hermes::telemetry {

TraceFile::TraceFile(const std::filesystem::path& file, std::uint32_t workers,
                     std::uint64_t bytes_max, bool goes_on)
    : file_(file, goes_on), timeline_(workers), bytes_max_(bytes_max) {
  if (!goes_on) {
    begin();
  }
}

void TraceFile::begin() {
  trace::add_begin(events_);
  timeline_.begin(events_);
  file_.add(std::exchange(events_, {}));
}

void TraceFile::record(const protocol::Record& record, Instant now) {
  if (!is_closed_) {
    timeline_.record(record, now, events_);
    write(now);
  }
}

void TraceFile::server_span(std::string_view name, Instant begin, Instant end) {
  if (!is_closed_) {
    timeline_.server_span(name, begin, end, events_);
    write(end);
  }
}

void TraceFile::write(Instant now) {
  file_.add(events_);
  events_.clear();
  if (bytes_max_ > 0 && file_.size() >= bytes_max_) {
    trace::add_instant(events_, kServerRank, "trace is full", trace::time_of(now));
    finish(now);
  }
}

void TraceFile::finish(Instant now) {
  if (std::exchange(is_closed_, true)) {
    return;
  }
  timeline_.finish(now, events_);
  trace::add_end(events_, trace::time_of(now));
  file_.add(std::exchange(events_, {}));
  file_.flush();
}

TraceFile::Place TraceFile::place() {
  file_.flush();
  return {file_.size(), is_closed_, timeline_.place()};
}

void TraceFile::resume(const Place& place) {
  if (place.size > 0 && place.size <= file_.size()) {
    file_.cut_to(place.size);
    timeline_.resume(place.timeline);
    is_closed_ = place.is_closed;
  } else {
    file_.cut_to(0);
    begin();
  }
}

}  // namespace hermes::telemetry
