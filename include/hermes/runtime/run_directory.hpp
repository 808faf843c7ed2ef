#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "hermes/runtime/run_config.hpp"

namespace hermes::runtime {

/// The directory of one run, made and found writable before anything starts.
class RunDirectory {
 public:
  /// The directory that the user named; what an earlier run left there is overwritten. Without a
  /// name: runs/NAME, or the first of runs/NAME-2, -3, ... that does not exist.
  /// A run that resumes takes runs/NAME itself.
  /// Throws ConfigError when it cannot be made or written to.
  RunDirectory(const std::optional<std::filesystem::path>& wanted, const RunConfig& config,
               bool resumes = false);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path model_file() const { return path_ / "model.h5"; }
  std::filesystem::path checkpoints() const { return checkpoints_of(path_); }
  static std::filesystem::path checkpoints_of(const std::filesystem::path& run) {
    return run / "checkpoints";
  }

 private:
  std::filesystem::path path_;
};

}  // namespace hermes::runtime
