#include "hermes/telemetry/tensorboard_file.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <variant>

#include "hermes/core/protobuf_writer.hpp"
#include "telemetry/crc32c.hpp"

namespace hermes::telemetry {
namespace {

// Field numbers of event.proto and summary.proto.
constexpr std::uint32_t kEventWallTime = 1;
constexpr std::uint32_t kEventStep = 2;
constexpr std::uint32_t kEventFileVersion = 3;
constexpr std::uint32_t kEventSummary = 5;
constexpr std::uint32_t kSummaryValue = 1;
constexpr std::uint32_t kValueTag = 1;
constexpr std::uint32_t kValueSimple = 2;

template <class Unsigned>
void add_little_endian(std::string& out, Unsigned value) {
  for (std::size_t byte = 0; byte < sizeof(value); ++byte) {
    out.push_back(static_cast<char>(value >> (8 * byte)));
  }
}

/// Length, its sum, content, its sum.
std::string framed(const std::string& content) {
  std::string frame;
  add_little_endian(frame, std::uint64_t{content.size()});
  add_little_endian(frame, masked_crc32c(frame));
  frame += content;
  add_little_endian(frame, masked_crc32c(content));
  return frame;
}

std::string of_worker(std::string_view what, Rank rank) {
  return std::string(what) + "/worker_" + std::to_string(rank.value);
}

}  // namespace

TensorBoardFile::TensorBoardFile(const std::filesystem::path& file, bool goes_on)
    : file_(file, goes_on) {
  if (size() == 0) {
    begin();
  }
}

void TensorBoardFile::begin() {
  ProtobufWriter event;
  event.add_double(kEventWallTime, 0.0);
  event.add_text(kEventFileVersion, "brain.Event:2");
  file_.add(framed(event.bytes()));
}

void TensorBoardFile::cut_to(std::uint64_t wanted) {
  file_.cut_to(wanted <= size() ? wanted : 0);
  if (size() == 0) {
    begin();
  }
}

void TensorBoardFile::record(const protocol::Record& record, Instant now,
                             const RunStatistics& statistics) {
  if (const auto* evaluation = std::get_if<protocol::Evaluation>(&record)) {
    on_evaluation(*evaluation, now, statistics);
  } else if (const auto* accepted = std::get_if<protocol::ReportAccepted>(&record)) {
    add_scalar(of_worker("train_loss", accepted->rank), accepted->report.round.value, now,
               accepted->report.train_loss);
  } else if (const auto* merged = std::get_if<protocol::Merged>(&record)) {
    std::uint64_t oldest = 0;
    for (const protocol::MergedUpdate& update : merged->updates) {
      oldest = std::max(oldest, update.staleness);
    }
    add_scalar("merge/staleness", merged->version.value, now, static_cast<double>(oldest));
  }
}

void TensorBoardFile::on_evaluation(const protocol::Evaluation& evaluation, Instant now,
                                    const RunStatistics& statistics) {
  const RunSummary summary = statistics.summary(now);
  const auto add = [&](std::string_view tag, auto value) {
    add_scalar(tag, evaluation.version.value, now, static_cast<double>(value));
  };
  add("validation/loss", evaluation.loss);
  if (!std::isnan(evaluation.accuracy)) {  // the targets are labels
    add("validation/accuracy", evaluation.accuracy);
  }
  add("run/rounds", summary.rounds);
  add("run/pushes", summary.pushes);
  add("bytes/up", summary.bytes.up);
  add("bytes/down", summary.bytes.down);
  add("bytes/data", summary.bytes.data);
  for (const WorkerSummary& worker : summary.worker_table) {
    add(of_worker("rounds", worker.rank), worker.rounds);
  }
}

void TensorBoardFile::add_scalar(std::string_view tag, std::uint64_t step, Instant now,
                                 double scalar) {
  ProtobufWriter value;
  value.add_text(kValueTag, tag);
  value.add_float(kValueSimple, static_cast<float>(scalar));
  ProtobufWriter summary;
  summary.add_message(kSummaryValue, value);
  ProtobufWriter event;
  event.add_double(kEventWallTime, now.time_since_epoch().count());
  event.add_integer(kEventStep, static_cast<std::int64_t>(step));
  event.add_message(kEventSummary, summary);
  file_.add(framed(event.bytes()));
}

}  // namespace hermes::telemetry
