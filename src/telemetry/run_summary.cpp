#include "hermes/telemetry/run_summary.hpp"

#include <cstdint>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

#include "hermes/core/error.hpp"
#include "telemetry/whole_file.hpp"

namespace hermes::telemetry {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json staleness_to_json(const std::optional<StalenessSummary>& staleness) {
  if (!staleness) {
    return nullptr;
  }
  Json histogram = Json::object();
  for (const auto& [lag, updates] : staleness->histogram) {
    histogram[std::to_string(lag)] = updates;
  }
  return {{"median", staleness->median}, {"max", staleness->max}, {"histogram", histogram}};
}

Json times_to_json(const RankTimes& times) {
  return {{"seconds", times.seconds},
          {"compute_seconds", times.compute_seconds},
          {"evaluation_seconds", times.evaluation_seconds},
          {"data_seconds", times.data_seconds},
          {"waited_seconds", times.waited_seconds},
          {"wire_seconds", times.wire_seconds},
          {"other_seconds", times.other_seconds()}};
}

Json worker_to_json(const WorkerSummary& worker) {
  Json json = {{"rank", worker.rank.value},      {"state", worker.state},
               {"rounds", worker.rounds},        {"steps", worker.steps},
               {"samples", worker.samples},      {"pushes", worker.pushes},
               {"suppressed", worker.suppressed}};
  json.update(times_to_json(worker.times));
  return json;
}

/// Typed access to the members of one JSON object; every complaint names the file and the key.
class ObjectReader {
 public:
  ObjectReader(const Json& object, std::string place) : object_(object), place_(std::move(place)) {
    if (!object_.is_object()) {
      throw DataError(place_ + ": expected a JSON object, found " + object_.type_name());
    }
  }

  const Json& member(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      throw DataError(place_ + ": expected the key '" + key + "', found none");
    }
    return *found;
  }

  template <class T>
  void read(const char* key, T& value) const {
    value = convert<T>(member(key), place_ + ": " + key);
  }

  template <class T>
  void read(const char* key, std::optional<T>& value) const {
    const Json& found = member(key);
    value =
        found.is_null() ? std::nullopt : std::optional<T>(convert<T>(found, place_ + ": " + key));
  }

  template <class T>
  static T convert(const Json& value, const std::string& place) {
    if constexpr (std::is_same_v<T, bool>) {
      check(value.is_boolean(), value, place, "true or false");
    } else if constexpr (std::is_same_v<T, std::string>) {
      check(value.is_string(), value, place, "a text");
    } else if constexpr (std::is_floating_point_v<T>) {
      check(value.is_number(), value, place, "a number");
    } else {
      check(value.is_number_unsigned() &&
                value.get<std::uint64_t>() <=
                    static_cast<std::uint64_t>(std::numeric_limits<T>::max()),
            value, place, "a count");
    }
    return value.get<T>();
  }

  const std::string& place() const { return place_; }

 private:
  static void check(bool fits, const Json& value, const std::string& place, const char* expected) {
    if (!fits) {
      throw DataError(place + ": expected " + expected + ", found " + value.dump());
    }
  }

  const Json& object_;
  std::string place_;
};

std::optional<StalenessSummary> read_staleness(const Json& json, const std::string& place) {
  if (json.is_null()) {
    return std::nullopt;
  }
  const ObjectReader reader(json, place);
  StalenessSummary staleness;
  reader.read("median", staleness.median);
  reader.read("max", staleness.max);
  const ObjectReader histogram(reader.member("histogram"), place + ": histogram");
  for (const auto& [lag, updates] : reader.member("histogram").items()) {
    const Json key = Json::parse(lag, nullptr, false);
    staleness.histogram[ObjectReader::convert<std::uint64_t>(key, histogram.place())] =
        ObjectReader::convert<std::uint64_t>(updates, histogram.place() + ": " + lag);
  }
  return staleness;
}

void read_times(const ObjectReader& reader, RankTimes& times) {
  reader.read("seconds", times.seconds);
  reader.read("compute_seconds", times.compute_seconds);
  reader.read("evaluation_seconds", times.evaluation_seconds);
  reader.read("data_seconds", times.data_seconds);
  reader.read("waited_seconds", times.waited_seconds);
  reader.read("wire_seconds", times.wire_seconds);
}

WorkerSummary read_worker(const Json& json, const std::string& place) {
  const ObjectReader reader(json, place);
  WorkerSummary worker;
  reader.read("rank", worker.rank.value);
  reader.read("state", worker.state);
  reader.read("rounds", worker.rounds);
  reader.read("steps", worker.steps);
  reader.read("samples", worker.samples);
  reader.read("pushes", worker.pushes);
  reader.read("suppressed", worker.suppressed);
  read_times(reader, worker.times);
  return worker;
}

constexpr int kDepthMax = 5;  // summary, worker table, worker, and some to spare

Json parse_file(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) {
    throw DataError(file.string() + ": expected the summary of a run, found no readable file");
  }
  // What is nested deeper is left out: to print it in an error would take as deep a stack.
  const auto is_shallow = [](int depth, Json::parse_event_t, const Json&) {
    return depth < kDepthMax;
  };
  try {
    return Json::parse(stream, is_shallow);
  } catch (const Json::parse_error& error) {
    throw DataError(file.string() + ": expected JSON, found something else at byte " +
                    std::to_string(error.byte));
  } catch (const Json::exception& error) {
    throw DataError(file.string() + ": expected JSON, found something else: " + error.what());
  }
}

}  // namespace

std::string to_json(const RunSummary& summary) {
  Json workers = Json::array();
  for (const WorkerSummary& worker : summary.worker_table) {
    workers.push_back(worker_to_json(worker));
  }
  const Json json = {
      {"strategy", summary.strategy},
      {"workers", summary.workers},
      {"seed", summary.seed},
      {"seconds", summary.seconds},
      {"training_seconds", summary.training_seconds},
      {"server_busy_seconds", summary.server_busy_seconds},
      {"rounds", summary.rounds},
      {"steps", summary.steps},
      {"samples", summary.samples},
      {"pushes", summary.pushes},
      {"suppressed", summary.suppressed},
      {"worker_independence", or_null(summary.worker_independence)},
      {"bytes_up", summary.bytes.up},
      {"bytes_down", summary.bytes.down},
      {"bytes_data", summary.bytes.data},
      {"messages_up", summary.bytes.messages_up},
      {"messages_down", summary.bytes.messages_down},
      {"merges", summary.merges},
      {"rejected_updates", summary.rejected_updates},
      {"rejected_reports", Json(summary.rejected_reports)},
      {"workers_lost", summary.workers_lost},
      {"workers_returned", summary.workers_returned},
      {"best_validation_loss", or_null(summary.best_validation_loss)},
      {"best_validation_accuracy", or_null(summary.best_validation_accuracy)},
      {"test_loss", or_null(summary.test_loss)},
      {"test_accuracy", or_null(summary.test_accuracy)},
      {"target_accuracy", or_null(summary.target_accuracy)},
      {"seconds_to_target", or_null(summary.seconds_to_target)},
      {"bytes_to_target", or_null(summary.bytes_to_target)},
      {"samples_per_second", or_null(summary.samples_per_second)},
      {"stop_reason", or_null(summary.stop_reason)},
      {"interrupted", summary.interrupted},
      {"staleness", staleness_to_json(summary.staleness)},
      {"server", times_to_json(summary.server)},
      {"worker_table", workers},
  };
  return json.dump(2) + "\n";
}

void write_summary(const RunSummary& summary, const std::filesystem::path& file) {
  write_whole(file, to_json(summary), "the summary");
}

RunSummary read_summary(const std::filesystem::path& file) {
  const Json json = parse_file(file);
  const ObjectReader reader(json, file.string());
  RunSummary summary;
  reader.read("strategy", summary.strategy);
  reader.read("workers", summary.workers);
  reader.read("seed", summary.seed);
  reader.read("seconds", summary.seconds);
  reader.read("training_seconds", summary.training_seconds);
  reader.read("server_busy_seconds", summary.server_busy_seconds);
  reader.read("rounds", summary.rounds);
  reader.read("steps", summary.steps);
  reader.read("samples", summary.samples);
  reader.read("pushes", summary.pushes);
  reader.read("suppressed", summary.suppressed);
  reader.read("worker_independence", summary.worker_independence);
  reader.read("bytes_up", summary.bytes.up);
  reader.read("bytes_down", summary.bytes.down);
  reader.read("bytes_data", summary.bytes.data);
  reader.read("messages_up", summary.bytes.messages_up);
  reader.read("messages_down", summary.bytes.messages_down);
  reader.read("merges", summary.merges);
  reader.read("rejected_updates", summary.rejected_updates);
  const ObjectReader rejected(reader.member("rejected_reports"),
                              reader.place() + ": rejected_reports");
  for (const auto& [reason, count] : reader.member("rejected_reports").items()) {
    rejected.read(reason.c_str(), summary.rejected_reports[reason]);
  }
  reader.read("workers_lost", summary.workers_lost);
  reader.read("workers_returned", summary.workers_returned);
  reader.read("best_validation_loss", summary.best_validation_loss);
  reader.read("best_validation_accuracy", summary.best_validation_accuracy);
  reader.read("test_loss", summary.test_loss);
  reader.read("test_accuracy", summary.test_accuracy);
  reader.read("target_accuracy", summary.target_accuracy);
  reader.read("seconds_to_target", summary.seconds_to_target);
  reader.read("bytes_to_target", summary.bytes_to_target);
  reader.read("samples_per_second", summary.samples_per_second);
  reader.read("stop_reason", summary.stop_reason);
  reader.read("interrupted", summary.interrupted);
  summary.staleness = read_staleness(reader.member("staleness"), reader.place() + ": staleness");
  read_times(ObjectReader(reader.member("server"), reader.place() + ": server"), summary.server);
  const Json& table = reader.member("worker_table");
  const std::string table_place = reader.place() + ": worker_table";
  if (!table.is_array()) {
    throw DataError(table_place + ": expected a JSON array, found " + table.type_name());
  }
  for (const Json& worker : table) {
    summary.worker_table.push_back(read_worker(worker, table_place));
  }
  return summary;
}

}  // namespace hermes::telemetry
