#include "hermes/runtime/served_rows.hpp"

#include <string>
#include <vector>

#include "hermes/core/error.hpp"
#include "runtime/row_slices.hpp"

namespace hermes::runtime {
namespace {

/// The most evaluation rows that are believed; a segment says itself how many it has.
constexpr std::uint64_t kEvaluationRowsMax = std::uint64_t{1} << 32U;

}  // namespace

void ServedRows::start(const data::RowRequest& request, data::Shard& shard) {
  shard_ = &shard;
  has_begun_ = false;
  count_.reset();
  wire::AskRows ask{.request = ++request_, .evaluation = true};
  if (const auto* segment = std::get_if<data::Segment>(&request)) {
    ask = {.request = request_,
           .evaluation = false,
           .order = segment->kind == data::OrderKind::ByLabel ? protocol::RowOrder::ByLabel
                                                              : protocol::RowOrder::Shuffled,
           .order_seed = segment->order_seed,
           .pools = segment->label_pools.pools,
           .pieces = segment->label_pools.pieces,
           .first = segment->first,
           .count = segment->count};
    count_ = segment->count;
  }
  channel_.send(kServerRank, wire::DataMessage{ask, {}});
}

bool ServedRows::advance() {
  return shard_ == nullptr || (has_begun_ && shard_->loaded());
}

void ServedRows::take(const wire::DataMessage& message) {
  if (const auto* slice = std::get_if<wire::RowSlice>(&message.body)) {
    if (shard_ != nullptr && slice->request == request_) {
      take_slice(*slice, message.payload.bytes);
    }
  } else if (const auto* failed = std::get_if<wire::RowsFailed>(&message.body);
             failed != nullptr && failed->request == request_) {
    throw DataError(failed->what);
  }
}

void ServedRows::take_slice(const wire::RowSlice& slice, std::span<const std::byte> payload) {
  const data::DatasetInfo& info = shard_->info();
  const std::uint64_t total_max = count_.value_or(kEvaluationRowsMax);
  if (slice.total == 0 || slice.total > total_max || (count_ && slice.total != *count_)) {
    throw DataError(info.path.string() + ": rows from the server: expected " +
                    (count_ ? "" : "at most ") + std::to_string(total_max) + ", found " +
                    std::to_string(slice.total));
  }
  if (slice.rows == 0 || slice.rows > slice.total ||
      payload.size() != slice_bytes(info, slice.rows)) {
    throw DataError(info.path.string() + ": rows from the server: expected " +
                    std::to_string(slice_bytes(info, std::min(slice.rows, slice.total))) +
                    " bytes for " + std::to_string(slice.rows) + " rows, found " +
                    std::to_string(payload.size()));
  }
  if (!has_begun_) {
    shard_->expect(slice.total);
    has_begun_ = true;
  }
  shard_->append(payload.subspan(slice.rows * info.target_bytes(), slice.rows * info.row_bytes()),
                 targets_in(payload, info, slice.rows));
}

}  // namespace hermes::runtime
