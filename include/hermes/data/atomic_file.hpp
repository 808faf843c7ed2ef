#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace hermes::data {

/// A file that is whole or absent: write, then commit. Without a commit the temporary file beside
/// the target is removed, and an older target stays as it was.
class AtomicFile {
 public:
  /// Creates the temporary file. Throws DataError when nothing can be written at this place.
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Throws RuntimeError when the disk is full or broken; so does commit.
  void write(std::span<const std::byte> bytes);
  /// Syncs the content, renames, syncs the directory.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  int file_ = -1;
};

}  // namespace hermes::data
