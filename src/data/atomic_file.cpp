#include "hermes/data/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"

namespace hermes::data {
namespace {

constexpr std::size_t kWriteBytesMax = std::size_t{1} << 30;  // Linux stops at 2 GiB per call

std::string message(const std::filesystem::path& target, const char* operation, int error) {
  return target.string() + ": " + operation + ": " + std::strerror(error);
}

void check(bool success, const std::filesystem::path& target, const char* operation) {
  if (!success) {
    throw RuntimeError(message(target, operation, errno));
  }
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target)
    : target_(std::move(target)),
      temporary_(target_.string() + "." + std::to_string(::getpid()) + ".tmp") {
  std::error_code ignored;
  if (std::filesystem::is_directory(target_, ignored)) {
    throw DataError(message(target_, "cannot write", EISDIR));
  }
  file_ = ::open(temporary_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
  if (file_ < 0) {
    throw DataError(message(target_, "cannot write", errno));
  }
}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) {
    ::close(file_);
    ::unlink(temporary_.c_str());
  }
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  HERMES_ASSERT(file_ >= 0, "file was already committed");
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_, bytes.data(), std::min(bytes.size(), kWriteBytesMax));
    if (count < 0 && errno == EINTR) {
      continue;
    }
    check(count >= 0, target_, "cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicFile::commit() {
  HERMES_ASSERT(file_ >= 0, "file was already committed");
  check(::fsync(file_) == 0, target_, "cannot sync");
  check(std::rename(temporary_.c_str(), target_.c_str()) == 0, target_, "cannot rename");
  ::close(std::exchange(file_, -1));  // after the sync there is nothing left that could fail

  const std::filesystem::path parent = target_.parent_path();
  const int directory = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY);
  if (directory >= 0) {
    // Not every file system can sync a directory; the file itself is safe by now.
    ::fsync(directory);
    ::close(directory);
  }
}

}  // namespace hermes::data
