#include "hermes/data/prefetcher.hpp"

#include <utility>

namespace hermes::data {

Prefetcher::Prefetcher(std::unique_ptr<RowSource> rows)
    : rows_(std::move(rows)), thread_([this] { run(); }) {}

Prefetcher::~Prefetcher() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Prefetcher::start(const RowRequest& request, Shard& shard) {
  {
    const std::lock_guard lock(mutex_);
    task_ = Task{request, &shard};
    is_done_ = false;
    failure_ = nullptr;
  }
  changed_.notify_one();
}

bool Prefetcher::advance() {
  const std::lock_guard lock(mutex_);
  if (failure_) {
    std::rethrow_exception(std::exchange(failure_, nullptr));
  }
  return is_done_;
}

void Prefetcher::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_ending_ || task_.has_value(); });
    if (is_ending_) {
      return;
    }
    const Task task = *std::exchange(task_, std::nullopt);
    lock.unlock();
    std::exception_ptr failure = fetch(task);
    lock.lock();
    if (!task_) {  // else nobody waits for these rows any more, nor for what was wrong with them
      is_done_ = failure == nullptr;
      failure_ = std::move(failure);
    }
  }
}

std::exception_ptr Prefetcher::fetch(const Task& task) {
  try {
    rows_->start(task.request, *task.shard);
    while (!is_given_up() && !rows_->advance()) {
    }
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}

bool Prefetcher::is_given_up() {
  const std::lock_guard lock(mutex_);
  return is_ending_ || task_.has_value();
}

}  // namespace hermes::data
