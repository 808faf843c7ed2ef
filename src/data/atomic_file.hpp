#pragma once

#include <filesystem>

namespace hermes::data {

/// A file that is whole or absent: write `temporary()`, close it, then `commit()`. Without a
/// commit the temporary file is removed and an older target stays as it was. Private to data.
class AtomicFile {
 public:
  /// Creates the temporary file beside the target. Throws DataError when that is not possible.
  explicit AtomicFile(std::filesystem::path target);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::filesystem::path& temporary() const { return temporary_; }
  /// Syncs the content, renames, syncs the directory.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  bool committed_ = false;
};

}  // namespace hermes::data
