#include "data/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "hermes/core/error.hpp"

namespace hermes::data {
namespace {

[[noreturn]] void fail(const std::filesystem::path& target, const char* operation, int error) {
  throw DataError(target.string() + ": " + operation + ": " + std::strerror(error));
}

int sync_path(const std::filesystem::path& path, int flags) {
  const int file = ::open(path.c_str(), flags);
  if (file < 0) {
    return errno;
  }
  const int error = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  return error;
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target)
    : target_(std::move(target)),
      temporary_(target_.string() + "." + std::to_string(::getpid()) + ".tmp") {
  std::error_code ignored;
  if (std::filesystem::is_directory(target_, ignored)) {
    fail(target_, "cannot write", EISDIR);
  }
  const int file = ::open(temporary_.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0666);
  if (file < 0) {
    fail(target_, "cannot write", errno);
  }
  ::close(file);
}

AtomicFile::~AtomicFile() {
  if (!committed_) {
    ::unlink(temporary_.c_str());
  }
}

void AtomicFile::commit() {
  if (const int error = sync_path(temporary_, O_RDONLY); error != 0) {
    fail(target_, "cannot sync", error);
  }
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    fail(target_, "cannot write", errno);
  }
  committed_ = true;
  const std::filesystem::path directory = target_.parent_path();
  // Some file systems cannot sync a directory (EINVAL); the rename itself is done by then.
  const int error = sync_path(directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY);
  if (error != 0 && error != EINVAL) {
    fail(target_, "cannot sync the directory", error);
  }
}

}  // namespace hermes::data
