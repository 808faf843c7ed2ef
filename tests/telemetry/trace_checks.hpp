#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

/// What holds for every trace: spans of a track nest, arrows have both ends, each inside a span.
namespace hermes::telemetry {

/// In nanoseconds.
struct Span {
  int rank = 0;
  std::string name;
  std::int64_t begin = 0;
  std::int64_t end = 0;

  friend bool operator==(const Span&, const Span&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Span& span) {
    return out << span.rank << ' ' << span.name << ' ' << span.begin << " to " << span.end;
  }
};

inline std::int64_t nanoseconds(const nlohmann::json& micros) {
  return std::llround(micros.get<double>() * 1e3);
}

inline std::vector<Span> spans_of(const nlohmann::json& events) {
  std::vector<Span> spans;
  for (const auto& event : events) {
    if (event.at("ph") == "X") {
      const std::int64_t begin = nanoseconds(event.at("ts"));
      spans.push_back({event.at("tid").get<int>() - 1, event.at("name"), begin,
                       begin + nanoseconds(event.at("dur"))});
    }
  }
  return spans;
}

inline void expect_nested(std::vector<Span> spans) {
  // Outer spans before inner ones.
  std::stable_sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return std::tuple(a.rank, a.begin, -a.end) < std::tuple(b.rank, b.begin, -b.end);
  });
  std::vector<Span> open;
  for (const Span& span : spans) {
    EXPECT_GE(span.begin, 0) << span;
    EXPECT_LE(span.begin, span.end) << span;
    while (!open.empty() && (open.back().rank != span.rank || open.back().end <= span.begin)) {
      open.pop_back();
    }
    EXPECT_TRUE(open.empty() || span.end <= open.back().end) << span << " across " << open.back();
    open.push_back(span);
  }
}

inline void expect_whole_arrows(const nlohmann::json& events, const std::vector<Span>& spans) {
  std::map<std::uint64_t, std::string> phases;
  std::map<std::uint64_t, std::int64_t> last;
  for (const auto& event : events) {
    const std::string phase = event.at("ph");
    if (phase != "s" && phase != "t" && phase != "f") {
      continue;
    }
    const std::uint64_t id = event.at("id");
    const std::int64_t at = nanoseconds(event.at("ts"));
    EXPECT_TRUE(last.count(id) == 0 || last[id] <= at) << "arrow " << id << " goes back in time";
    last[id] = at;
    phases[id] += phase;
    const int rank = event.at("tid").get<int>() - 1;
    EXPECT_TRUE(std::any_of(
        spans.begin(), spans.end(),
        [&](const Span& span) { return span.rank == rank && span.begin <= at && at <= span.end; }))
        << "arrow " << id << " begins or ends outside all spans: " << event;
  }
  for (const auto& [id, order] : phases) {
    EXPECT_TRUE(order == "stf" || order == "sf") << "arrow " << id << ": " << order;
  }
}

inline void expect_sound_trace(const nlohmann::json& events) {
  const std::vector<Span> spans = spans_of(events);
  expect_nested(spans);
  expect_whole_arrows(events, spans);
}

}  // namespace hermes::telemetry
