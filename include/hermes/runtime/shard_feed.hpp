#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "hermes/core/id.hpp"
#include "hermes/core/random.hpp"
#include "hermes/core/targets.hpp"
#include "hermes/data/augmentation.hpp"
#include "hermes/data/row_source.hpp"
#include "hermes/data/shuffled_batches.hpp"
#include "hermes/protocol/assignment.hpp"
#include "hermes/runtime/run_inputs.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::runtime {

/// Source of the rows of a run's data set as its configuration says: its file, read by a thread of
/// its own or in slices by the caller's. Requires: inputs outlives it.
std::unique_ptr<data::RowSource> make_row_source(const RunInputs& inputs);

/// A worker's rows in memory, and its mini-batches. The shard moves through the worker's pool:
/// after each pass over its rows, `next_window` moves on to the next ones, which were asked for as
/// soon as the present ones were in use (where the source works in the background; then two shards
/// are held in turn). Neither when rows arrive nor where they come from changes which rows they
/// are.
///
/// Call order: load, then `advance` until it is true; next_window, the same; else fill_batch.
/// Errors: DataError from `advance`. Single-threaded. Requires: inputs outlives this.
class ShardFeed {
 public:
  /// With evaluation rows: they are fetched first of all, before the first assignment. The run's
  /// seed and the rank decide the order of the rows, and how pictures are changed.
  ShardFeed(const RunInputs& inputs, std::unique_ptr<data::RowSource> source,
            bool has_evaluation_rows, Rank rank);

  /// Another assignment. One of the same pool goes on near where the last one was.
  void load(const protocol::Assignment& assignment);
  /// The present rows are done with.
  void next_window();
  /// True: the rows asked for are there. False: not all of them yet.
  bool advance();
  bool is_ready() const { return is_ready_; }

  /// Where the passes over the pool stand, for checkpoints.
  void save(StateWriter& state) const;
  /// Before the first assignment; one equal to that of the state goes on exactly there.
  /// Throws DecodeError or DataError for a state that is none.
  void resume(StateReader& state);
  /// Nothing can be done but wait for rows that come by themselves.
  bool is_waiting() const { return !is_ready_ && source_->is_background(); }

  /// The present pass over the shard is done.
  bool is_pass_done() const { return batches_->pass_done(); }
  /// The pool has more rows than the shard.
  bool has_other_rows() const { return present().row_count() < assignment_.pool_count; }
  /// The next mini-batch, its pictures changed where the run says so, and how many rows it has.
  /// Requires: is_ready(), room for a mini-batch.
  std::size_t fill_batch(std::span<float> x, TargetBuffer& targets);
  const data::Shard& evaluation_rows() const { return evaluation_rows_; }

 private:
  struct Window {
    std::uint64_t first = 0;  // in rows of the pool
    std::uint64_t count = 0;
  };

  Window window_at(std::uint64_t row) const;
  Window window_after(const Window& window) const;
  void fetch(const Window& window, std::size_t shard);
  const data::Shard& present() const { return shards_[present_]; }

  std::array<data::Shard, 2> shards_;
  data::Shard evaluation_rows_;
  bool wants_evaluation_rows_;
  std::size_t present_ = 0;                  // of shards_
  std::size_t target_ = 0;                   // the one that is being filled
  std::unique_ptr<data::RowSource> source_;  // ends before the shards that it fills
  std::uint64_t training_rows_;              // of the data set
  RandomStream shuffle_;
  std::optional<data::ShuffledBatches> batches_;
  std::optional<data::Augmenter> augmenter_;
  protocol::Assignment assignment_;
  Window window_;
  bool is_ready_ = false;
  bool is_resumed_ = false;  // the first pass was begun before the checkpoint
};

}  // namespace hermes::runtime
