#pragma once

#include <cstdint>
#include <filesystem>
#include <future>
#include <optional>
#include <string>

#include "hermes/runtime/checkpoint.hpp"

namespace hermes::runtime {

/// Writes checkpoints to a directory by a thread of its own, one at a time, so that the server
/// answers pushes meanwhile, and removes all but the newest `keep`. On a disk that is slower than
/// they come, the newest waits and others are left out. A disk that takes none is no reason to end
/// a run: `news` tells.
class CheckpointWriter {
 public:
  /// Numbers go on after those of the files that are there.
  CheckpointWriter(std::filesystem::path directory, std::uint32_t keep);

  /// Returns at once.
  void write(Checkpoint checkpoint);
  /// Waits until all is written.
  void finish();
  /// What became of the last one, once: a line for the log. To be called now and then: begins with
  /// the one that waits.
  std::optional<std::string> news();
  /// At least one was written.
  bool has_written() const { return has_written_; }

 private:
  struct Outcome {
    bool is_written = false;
    std::string line;
  };

  void start(Checkpoint checkpoint);
  bool is_writing() const;
  void end_last();

  std::filesystem::path directory_;
  std::uint32_t keep_;
  std::uint64_t next_number_ = 1;
  bool has_written_ = false;
  std::optional<std::string> news_;
  std::optional<Checkpoint> waiting_;
  std::future<Outcome> running_;  // its end waits for the thread
};

}  // namespace hermes::runtime
