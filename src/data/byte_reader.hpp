#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hermes::data {

/// Reads a file from front to end, plain or gzip. Errors are DataError and name the file and the
/// byte offset (of the plain content). Private to the converters.
class ByteReader {
 public:
  explicit ByteReader(const std::filesystem::path& path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  /// Reads until `out` is full or the file ends; returns the number of bytes.
  std::size_t read_some(std::span<std::byte> out);
  /// Reads exactly `out.size()` bytes of `what`.
  void read(std::span<std::byte> out, std::string_view what);
  /// Appends `bytes` of `what` to `out`. Memory grows with what is really there, not with what a
  /// header claims.
  void append(std::vector<std::byte>& out, std::uint64_t bytes, std::string_view what);
  std::uint32_t read_big_endian32(std::string_view what);
  void expect_end();
  /// All that is left. gzip expands a thousandfold, so the caller says how much it can take.
  std::string read_text(std::uint64_t bytes_max);

  std::uint64_t offset() const { return offset_; }
  /// Throws DataError "file: problem".
  [[noreturn]] void fail(const std::string& problem) const;

 private:
  [[noreturn]] void fail_short(std::string_view what, std::uint64_t expected,
                               std::uint64_t found) const;

  std::string path_;
  void* file_;  // gzFile, so that no other header needs zlib
  std::uint64_t offset_ = 0;
};

}  // namespace hermes::data
