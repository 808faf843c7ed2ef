#include "hermes/runtime/row_server.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "hermes/core/error.hpp"
#include "runtime/row_slices.hpp"

namespace hermes::runtime {

RowServer::RowServer(const RunInputs& inputs, Channel& channel)
    : inputs_(inputs),
      channel_(channel),
      plan_(inputs.plan()),
      slice_rows_(rows_per_slice(inputs.data_info())),
      slices_(slice_bytes(inputs.data_info(), slice_rows_) / sizeof(float)) {}

void RowServer::take(Rank from, const wire::DataMessage& message) {
  if (is_closed_) {
    return;
  }
  if (std::holds_alternative<wire::AskDataset>(message.body)) {
    channel_.send(from, facts_of(inputs_.data_info()));
  } else if (const auto* ask = std::get_if<wire::AskRows>(&message.body)) {
    try {
      begin(from, *ask);
    } catch (const DataError& error) {
      jobs_.erase(from);
      channel_.send(from, {wire::RowsFailed{ask->request, error.what()}, {}});
    }
  }
}

void RowServer::close() {
  jobs_.clear();
  is_closed_ = true;
}

void RowServer::begin(Rank worker, const wire::AskRows& ask) {
  Job job{.request = ask.request};
  job.rows = ask.evaluation ? inputs_.evaluation_rows()
                            : plan_.select({.kind = ask.order == protocol::RowOrder::ByLabel
                                                        ? data::OrderKind::ByLabel
                                                        : data::OrderKind::Shuffled,
                                            .order_seed = ask.order_seed,
                                            .first = ask.first,
                                            .count = ask.count,
                                            .label_pools = {ask.pools, ask.pieces}});
  job.total = job.rows.row_count();
  if (job.total == 0) {
    throw DataError(inputs_.data_info().path.string() + ": rows: expected to be asked for some");
  }
  jobs_[worker] = std::move(job);
}

bool RowServer::serve_some() {
  // In turn, beginning behind the worker that was served last.
  auto next = jobs_.upper_bound(last_served_);
  for (std::size_t looked_at = 0; looked_at < jobs_.size(); ++looked_at, ++next) {
    next = next == jobs_.end() ? jobs_.begin() : next;
    const Rank worker = next->first;
    if (silent_.contains(worker) || channel_.pending(worker) >= kSlicesInFlight) {
      continue;
    }
    last_served_ = worker;
    Job& job = next->second;
    try {
      send_slice(worker, job);
    } catch (const DataError& error) {
      channel_.send(worker, {wire::RowsFailed{job.request, error.what()}, {}});
      job.sent = job.total;
    }
    if (job.sent == job.total) {
      jobs_.erase(next);
    }
    return true;
  }
  return false;
}

void RowServer::send_slice(Rank worker, Job& job) {
  const data::DatasetInfo& info = inputs_.data_info();
  const std::uint64_t rows = std::min(slice_rows_, job.total - job.sent);
  ParameterBuffer buffer = slices_.acquire();
  const std::size_t bytes = slice_bytes(info, rows);
  const auto payload = std::as_writable_bytes(buffer.values()).first(bytes);
  const TargetSpan targets = targets_in(payload, info, rows);
  const auto features = payload.subspan(rows * info.target_bytes(), rows * info.row_bytes());
  std::ranges::fill(payload.last(3), std::byte{0});  // what fills up the last word
  for (std::uint64_t done = 0; done < rows;) {
    const data::RowRange& range = job.rows.ranges[job.next_range];
    const std::uint64_t count = std::min(range.count - job.next_in_range, rows - done);
    const data::RowRange part{range.first + job.next_in_range, count};
    inputs_.dataset().read_features(
        job.rows.split, part, features.subspan(done * info.row_bytes(), count * info.row_bytes()));
    inputs_.dataset().read_targets(job.rows.split, part, rows_of(targets, rows, done, count),
                                   inputs_.output_count());
    done += count;
    job.next_in_range += count;
    if (job.next_in_range == range.count) {
      ++job.next_range;
      job.next_in_range = 0;
    }
  }
  job.sent += rows;
  const SharedParameters block = std::move(buffer).seal();
  channel_.send(worker, {wire::RowSlice{job.request, job.total, rows},
                         {block.owner(), std::as_bytes(block.values()).first(bytes)}});
}

}  // namespace hermes::runtime
