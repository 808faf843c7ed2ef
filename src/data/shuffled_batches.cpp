#include "hermes/data/shuffled_batches.hpp"

#include <algorithm>
#include <numeric>
#include <string>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"

namespace hermes::data {

ShuffledBatches::ShuffledBatches(std::uint32_t row_count, std::uint32_t batch_size,
                                 const RandomStream& stream)
    : stream_(stream) {
  reset(row_count, batch_size);
}

ShuffledBatches::ShuffledBatches(const State& state) : state_(state), stream_(state.stream) {
  const bool seeded = std::ranges::any_of(state.stream, [](auto word) { return word != 0; });
  if (state.row_count == 0 || state.batch_size == 0 || state.position > state.row_count ||
      !seeded) {
    throw DataError(
        "batches: expected 0 <= position <= rows, rows and batch size > 0, found "
        "position " +
        std::to_string(state.position) + ", rows " + std::to_string(state.row_count) +
        ", batch size " + std::to_string(state.batch_size));
  }
  draw_order();
}

void ShuffledBatches::reset(std::uint32_t row_count, std::uint32_t batch_size) {
  HERMES_ASSERT(row_count > 0 && batch_size > 0, "batches of no rows");
  state_ = {stream_.state(), 0, row_count, batch_size, 0};
  draw_order();
}

void ShuffledBatches::set_batch_size(std::uint32_t batch_size) {
  HERMES_ASSERT(batch_size > 0, "batches of no rows");
  state_.batch_size = batch_size;
}

void ShuffledBatches::draw_order() {
  // From the identity, not from the last pass: the state alone tells the whole order.
  order_.resize(state_.row_count);
  std::iota(order_.begin(), order_.end(), 0U);
  stream_.shuffle(std::span<std::uint32_t>(order_));
}

std::span<const std::uint32_t> ShuffledBatches::next() {
  if (pass_done()) {
    ++state_.pass;
    state_.position = 0;
    state_.stream = stream_.state();
    draw_order();
  }
  const std::uint32_t count = std::min(state_.batch_size, state_.row_count - state_.position);
  const auto batch = std::span<const std::uint32_t>(order_).subspan(state_.position, count);
  state_.position += count;
  return batch;
}

std::uint64_t ShuffledBatches::batches_per_pass() const {
  return (std::uint64_t{state_.row_count} + state_.batch_size - 1) / state_.batch_size;
}

}  // namespace hermes::data
