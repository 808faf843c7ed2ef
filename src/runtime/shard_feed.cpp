#include "hermes/runtime/shard_feed.hpp"

#include <algorithm>
#include <utility>

#include "hermes/core/assert.hpp"
#include "hermes/core/state_archive.hpp"
#include "hermes/data/file_rows.hpp"
#include "hermes/data/prefetcher.hpp"
#include "hermes/protocol/message_fields.hpp"

namespace hermes::runtime {
namespace {

bool is_same_pool(const protocol::Assignment& a, const protocol::Assignment& b) {
  return a.order == b.order && a.order_seed == b.order_seed && a.pools == b.pools &&
         a.pieces == b.pieces && a.pool_first == b.pool_first && a.pool_count == b.pool_count;
}

RandomStream stream_of(const RunInputs& inputs, RandomPurpose purpose, Rank rank) {
  return {inputs.config().seed, purpose, static_cast<std::uint64_t>(rank.value)};
}

}  // namespace

std::unique_ptr<data::RowSource> make_row_source(const RunInputs& inputs) {
  auto rows = std::make_unique<data::FileRows>(inputs.plan(), inputs.evaluation_rows());
  if (inputs.config().data.prefetch) {
    return std::make_unique<data::Prefetcher>(std::move(rows));
  }
  return rows;
}

ShardFeed::ShardFeed(const RunInputs& inputs, std::unique_ptr<data::RowSource> source,
                     bool has_evaluation_rows, Rank rank)
    : shards_{inputs.make_shard(), inputs.make_shard()},
      evaluation_rows_(inputs.make_shard()),
      wants_evaluation_rows_(has_evaluation_rows),
      source_(std::move(source)),
      training_rows_(inputs.data_info().row_count(data::Split::Train)),
      shuffle_(stream_of(inputs, RandomPurpose::Shuffle, rank)) {
  const data::Augmentation& augment = inputs.config().train.augment;
  if (augment.is_on()) {
    augmenter_.emplace(augment, inputs.data_info().features,
                       stream_of(inputs, RandomPurpose::Augmentation, rank));
  }
}

void ShardFeed::load(const protocol::Assignment& assignment) {
  const std::uint64_t place = is_same_pool(assignment, assignment_) ? window_.first : 0;
  is_resumed_ = is_resumed_ && assignment == assignment_;
  assignment_ = assignment;
  window_ = window_at(place);
  is_ready_ = false;
  if (wants_evaluation_rows_) {
    source_->start(data::EvaluationRows{}, evaluation_rows_);
  } else {
    fetch(window_, present_);  // its rows are of no use any more
  }
}

ShardFeed::Window ShardFeed::window_at(std::uint64_t row) const {
  // Windows of nearly equal size that cover the pool, each at most shard_rows long. Window i begins
  // at i * pool / windows, rounded down; rounding up on the way back finds i again.
  const std::uint64_t pool = assignment_.pool_count;
  const std::uint64_t windows = (pool + assignment_.shard_rows - 1) / assignment_.shard_rows;
  const std::uint64_t index = std::min(windows - 1, (row * windows + pool - 1) / pool);
  const std::uint64_t first = index * pool / windows;
  return {first, (index + 1) * pool / windows - first};
}

ShardFeed::Window ShardFeed::window_after(const Window& window) const {
  const std::uint64_t end = window.first + window.count;
  return window_at(end >= assignment_.pool_count ? 0 : end);
}

void ShardFeed::fetch(const Window& window, std::size_t shard) {
  target_ = shard;
  source_->start(data::Segment{.kind = assignment_.order == protocol::RowOrder::ByLabel
                                           ? data::OrderKind::ByLabel
                                           : data::OrderKind::Shuffled,
                               .order_seed = assignment_.order_seed,
                               .first = assignment_.pool_first + window.first,
                               .count = window.count,
                               .label_pools = {assignment_.pools, assignment_.pieces}},
                 shards_[shard]);
}

void ShardFeed::next_window() {
  window_ = window_after(window_);
  is_ready_ = false;
  if (!source_->is_background()) {  // else they are on their way
    fetch(window_, present_);
  }
}

bool ShardFeed::advance() {
  if (is_ready_) {
    return true;
  }
  if (!source_->advance()) {
    return false;
  }
  if (std::exchange(wants_evaluation_rows_, false)) {
    fetch(window_, present_);
    return false;
  }
  present_ = target_;
  is_ready_ = true;
  if (std::exchange(is_resumed_, false) && batches_->row_count() == present().row_count()) {
    // its passes go on where they were
  } else if (batches_) {
    batches_->reset(present().row_count(), assignment_.minibatch);
  } else {
    batches_.emplace(present().row_count(), assignment_.minibatch, shuffle_);
  }
  if (source_->is_background() && has_other_rows()) {
    fetch(window_after(window_), 1 - present_);
  }
  return true;
}

void ShardFeed::save(StateWriter& state) const {
  state& assignment_& window_.first& batches_.has_value();
  if (batches_) {
    const data::ShuffledBatches::State& batches = batches_->state();
    state& batches.stream& batches.pass& batches.row_count& batches.batch_size& batches.position;
  }
  if (augmenter_) {
    state & augmenter_->stream();
  }
}

void ShardFeed::resume(StateReader& state) {
  state& assignment_& window_.first& is_resumed_;
  if (is_resumed_) {
    data::ShuffledBatches::State batches;
    state& batches.stream& batches.pass& batches.row_count& batches.batch_size& batches.position;
    StateReader::expect(batches.row_count <= assignment_.shard_rows &&
                            batches.row_count <= training_rows_ &&
                            batches.batch_size == assignment_.minibatch,
                        "batches of the assignment's rows");
    batches_.emplace(batches);
  }
  if (augmenter_) {
    RandomStream stream = augmenter_->stream();
    state& stream;
    augmenter_->set_stream(stream);
  }
}

std::size_t ShardFeed::fill_batch(std::span<float> x, TargetBuffer& targets) {
  HERMES_ASSERT(is_ready_, "shard feed: no rows for a mini-batch");
  const std::span<const std::uint32_t> indices = batches_->next();
  const std::span<float> samples = x.first(indices.size() * present().shape().size());
  present().fill_batch(indices, samples, targets.rows(0, indices.size()));
  if (augmenter_) {
    augmenter_->apply(samples);
  }
  return indices.size();
}

}  // namespace hermes::runtime
