#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "hermes/data/row_source.hpp"

namespace hermes::data {

/// Another source's rows, fetched by a thread of its own: the next shard is read while the present
/// one trains.
///
/// Thread rule: the source given is used by that thread alone, and so is a shard from `start` until
/// `advance` returns true. HDF5 itself is not thread-safe; every function of this module that calls
/// it takes one lock, so other data sets and tensor files may be used at the same time.
/// What the thread throws, `advance` throws. The destructor waits for the slice at hand.
class Prefetcher final : public RowSource {
 public:
  explicit Prefetcher(std::unique_ptr<RowSource> rows);
  ~Prefetcher() override;

  /// Returns at once; the thread gives up an older request after the slice at hand.
  void start(const RowRequest& request, Shard& shard) override;
  bool advance() override;
  bool is_background() const override { return true; }

 private:
  struct Task {
    RowRequest request;
    Shard* shard;
  };

  void run();
  std::exception_ptr fetch(const Task& task);
  bool is_given_up();

  std::unique_ptr<RowSource> rows_;  // the thread's
  std::mutex mutex_;                 // guards everything below
  std::condition_variable changed_;
  std::optional<Task> task_;  // asked for and not begun
  bool is_done_ = true;
  bool is_ending_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // begins when everything else is there
};

}  // namespace hermes::data
