#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace hermes::telemetry {

/// A file of a run that grows at its end, and that a run which goes on from a checkpoint cuts back
/// to what it was then. What is added reaches the file in whole additions, so that a killed run
/// leaves no half of one. Not thread-safe.
class AppendedFile {
 public:
  /// Begins the file afresh, or goes on where it ends. Throws ConfigError where it cannot be opened
  /// for writing.
  AppendedFile(std::filesystem::path file, bool goes_on);
  /// Flushes; what then goes wrong is not told.
  ~AppendedFile();
  AppendedFile(const AppendedFile&) = delete;
  AppendedFile& operator=(const AppendedFile&) = delete;

  /// Keeps the text until there is enough of it, or until `flush`. Both throw RuntimeError when the
  /// disk does not take it.
  void add(std::string_view text);
  void flush();

  /// Bytes, with those that wait for the next flush.
  std::uint64_t size() const { return size_ + waiting_.size(); }
  /// Takes back everything beyond this size. Throws RuntimeError.
  void cut_to(std::uint64_t size);

 private:
  std::filesystem::path file_;
  std::ofstream stream_;
  std::string waiting_;
  std::uint64_t size_ = 0;  // of the file
};

}  // namespace hermes::telemetry
