#include "telemetry/trace_event.hpp"

#include <spdlog/fmt/fmt.h>

#include <iterator>

namespace hermes::telemetry::trace {
namespace {

constexpr int kProcess = 1;

/// Viewers take thread 0 for the idle thread.
int thread_of(Rank rank) {
  return rank.value + 1;
}

/// The format's microseconds.
std::string micros(Time time) {
  return fmt::format("{}.{:03}", time / 1000, time % 1000);
}

std::string object(std::string_view args) {
  return args.empty() ? "" : fmt::format(R"(,"args":{{{}}})", args);
}

}  // namespace

void add_begin(std::string& out) {
  fmt::format_to(std::back_inserter(out),
                 R"([
{{"ph":"M","pid":{},"name":"process_name","args":{{"name":"hermes"}}}},
)",
                 kProcess);
}

void add_end(std::string& out, Time at) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"ph":"i","s":"p","pid":{},"tid":{},"ts":{},"name":"end"}}
]
)",
                 kProcess, thread_of(kServerRank), micros(at));
}

void add_track(std::string& out, Rank rank, std::string_view name) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"ph":"M","pid":{0},"tid":{1},"name":"thread_name","args":{{"name":"{2}"}}}},
{{"ph":"M","pid":{0},"tid":{1},"name":"thread_sort_index","args":{{"sort_index":{1}}}}},
)",
                 kProcess, thread_of(rank), name);
}

void add_span(std::string& out, Rank rank, std::string_view name, Time begin, Time end,
              std::string_view args) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":"{}"{}}},
)",
                 kProcess, thread_of(rank), micros(begin), micros(end - begin), name, object(args));
}

void add_instant(std::string& out, Rank rank, std::string_view name, Time at,
                 std::string_view args) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"ph":"i","s":"t","pid":{},"tid":{},"ts":{},"name":"{}"{}}},
)",
                 kProcess, thread_of(rank), micros(at), name, object(args));
}

void add_flow(std::string& out, FlowPhase phase, std::uint64_t id, Rank rank, Time at) {
  fmt::format_to(
      std::back_inserter(out),
      R"({{"ph":"{}","bp":"e","id":{},"pid":{},"tid":{},"ts":{},"name":"update","cat":"update"}},
)",
      static_cast<char>(phase), id, kProcess, thread_of(rank), micros(at));
}

std::string number_or_null(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

}  // namespace hermes::telemetry::trace
