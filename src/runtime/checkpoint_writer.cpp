#include "hermes/runtime/checkpoint_writer.hpp"

#include <chrono>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/telemetry/human_units.hpp"

namespace hermes::runtime {
namespace {

namespace fs = std::filesystem;

void remove_all_but(const fs::path& directory, std::uint32_t keep) {
  const std::vector<std::uint64_t> numbers = checkpoint_numbers(directory);
  std::error_code ignored;  // one that stays does no harm
  for (std::size_t i = 0; i + keep < numbers.size(); ++i) {
    fs::remove(checkpoint_file(directory, numbers[i]), ignored);
  }
  for (const fs::path& file : unfinished_checkpoints(directory)) {
    fs::remove(file, ignored);
  }
}

}  // namespace

CheckpointWriter::CheckpointWriter(fs::path directory, std::uint32_t keep)
    : directory_(std::move(directory)), keep_(keep) {
  if (const std::vector<std::uint64_t> numbers = checkpoint_numbers(directory_); !numbers.empty()) {
    next_number_ = numbers.back() + 1;
  }
}

void CheckpointWriter::write(Checkpoint checkpoint) {
  if (is_writing()) {
    waiting_ = std::move(checkpoint);
    return;
  }
  end_last();
  start(std::move(checkpoint));
}

void CheckpointWriter::start(Checkpoint checkpoint) {
  const fs::path file = checkpoint_file(directory_, next_number_++);
  auto content = std::make_shared<const Checkpoint>(std::move(checkpoint));
  running_ = std::async(std::launch::async, [this, file, content]() -> Outcome {
    try {
      fs::create_directories(directory_);
      save_checkpoint(file, *content);
      remove_all_but(directory_, keep_);
      return {true, "checkpoint " + file.string() + ": version " +
                        std::to_string(content->model.version) + ", " +
                        std::to_string(content->workers.size()) + " of " +
                        std::to_string(content->worker_count) + " workers, " +
                        telemetry::human_bytes(fs::file_size(file))};
    } catch (const std::exception& error) {
      return {false, std::string("no checkpoint: ") + error.what()};
    }
  });
}

bool CheckpointWriter::is_writing() const {
  return running_.valid() &&
         running_.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
}

void CheckpointWriter::end_last() {
  if (running_.valid()) {
    Outcome outcome = running_.get();
    has_written_ = has_written_ || outcome.is_written;
    news_ = std::move(outcome.line);
  }
}

void CheckpointWriter::finish() {
  end_last();
  if (waiting_) {
    start(*std::exchange(waiting_, std::nullopt));
    end_last();
  }
}

std::optional<std::string> CheckpointWriter::news() {
  if (!is_writing()) {
    end_last();
    if (waiting_) {
      start(*std::exchange(waiting_, std::nullopt));
    }
  }
  return std::exchange(news_, std::nullopt);
}

}  // namespace hermes::runtime
