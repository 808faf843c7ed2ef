#include "data/byte_reader.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "hermes/core/error.hpp"

namespace hermes::data {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 22;

gzFile as_gz(void* file) {
  return static_cast<gzFile>(file);
}

}  // namespace

ByteReader::ByteReader(const std::filesystem::path& path) : path_(path.string()), file_(nullptr) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    fail("cannot open: is a directory");
  }
  errno = 0;
  file_ = gzopen(path_.c_str(), "rb");
  if (file_ == nullptr) {
    fail(std::string("cannot open: ") + std::strerror(errno != 0 ? errno : ENOMEM));
  }
  gzbuffer(as_gz(file_), 1U << 18);
}

ByteReader::~ByteReader() {
  if (file_ != nullptr) {
    gzclose(as_gz(file_));
  }
}

void ByteReader::fail(const std::string& problem) const {
  throw DataError(path_ + ": " + problem);
}

void ByteReader::fail_short(std::string_view what, std::uint64_t expected,
                            std::uint64_t found) const {
  fail("offset " + std::to_string(offset_) + ": " + std::string(what) + ": expected " +
       std::to_string(expected) + " bytes, found " + std::to_string(found));
}

std::size_t ByteReader::read_some(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto piece = static_cast<unsigned>(std::min(out.size() - done, kPieceBytes));
    const int count = gzread(as_gz(file_), out.data() + done, piece);
    int error = Z_OK;
    const char* text = gzerror(as_gz(file_), &error);
    if (count < 0 || (error != Z_OK && error != Z_STREAM_END)) {
      const std::string reason = error == Z_ERRNO       ? std::strerror(errno)
                                 : error == Z_BUF_ERROR ? "truncated gzip data"
                                                        : text;
      fail("offset " + std::to_string(offset_ + done) + ": cannot read: " + reason);
    }
    if (count == 0) {
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  offset_ += done;
  return done;
}

void ByteReader::read(std::span<std::byte> out, std::string_view what) {
  const std::uint64_t start = offset_;
  const std::size_t found = read_some(out);
  if (found != out.size()) {
    offset_ = start;
    fail_short(what, out.size(), found);
  }
}

void ByteReader::append(std::vector<std::byte>& out, std::uint64_t bytes, std::string_view what) {
  const std::uint64_t start = offset_;
  for (std::uint64_t done = 0; done < bytes;) {
    const std::size_t piece = std::min<std::uint64_t>(bytes - done, kPieceBytes);
    const std::size_t before = out.size();
    out.resize(before + piece);
    const std::size_t found = read_some(std::span(out).subspan(before));
    done += found;
    if (found < piece) {
      offset_ = start;
      fail_short(what, bytes, done);
    }
  }
}

std::uint32_t ByteReader::read_big_endian32(std::string_view what) {
  std::array<std::byte, 4> bytes{};
  read(bytes, what);
  std::uint32_t value = 0;
  for (const std::byte byte : bytes) {
    value = (value << 8) | std::to_integer<std::uint32_t>(byte);
  }
  return value;
}

void ByteReader::expect_end() {
  std::array<std::byte, 1> byte{};
  const std::uint64_t end = offset_;
  if (read_some(byte) != 0) {
    fail("offset " + std::to_string(end) + ": expected the end of the file, found more bytes");
  }
}

std::string ByteReader::read_text(std::uint64_t bytes_max) {
  constexpr std::size_t kFirstBytes = std::size_t{1} << 16;
  std::string text;
  while (true) {
    const std::size_t before = text.size();
    const std::size_t piece = std::clamp(before, kFirstBytes, kPieceBytes);
    text.resize(before + piece);
    const std::size_t found =
        read_some(std::as_writable_bytes(std::span(text.data() + before, piece)));
    text.resize(before + found);
    if (text.size() > bytes_max) {
      fail("expected at most " + std::to_string(bytes_max) + " bytes" +
           (gzdirect(as_gz(file_)) == 0 ? " when unpacked" : "") + ", found more");
    }
    if (found < piece) {
      return text;
    }
  }
}

}  // namespace hermes::data
