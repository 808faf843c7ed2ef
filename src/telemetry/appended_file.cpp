#include "hermes/telemetry/appended_file.hpp"

#include <system_error>
#include <utility>

#include "hermes/core/error.hpp"

namespace hermes::telemetry {
namespace {

constexpr std::size_t kEnough = 16384;

}  // namespace

AppendedFile::AppendedFile(std::filesystem::path file, bool goes_on)
    : file_(std::move(file)),
      stream_(file_, (goes_on ? std::ios::app : std::ios::trunc) | std::ios::binary) {
  if (!stream_) {
    throw ConfigError(file_.string() + ": cannot be opened for writing");
  }
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file_, error);
  size_ = error ? 0 : size;
}

AppendedFile::~AppendedFile() {
  stream_ << waiting_ << std::flush;
}

void AppendedFile::add(std::string_view text) {
  waiting_ += text;
  if (waiting_.size() >= kEnough) {
    flush();
  }
}

void AppendedFile::flush() {
  if (waiting_.empty()) {
    return;
  }
  stream_ << waiting_ << std::flush;
  size_ += waiting_.size();
  waiting_.clear();
  if (!stream_) {
    throw RuntimeError(file_.string() + ": a line cannot be written (is the disk full?)");
  }
}

void AppendedFile::cut_to(std::uint64_t wanted) {
  flush();
  if (wanted >= size_) {
    return;
  }
  std::error_code error;
  std::filesystem::resize_file(file_, wanted, error);
  if (error) {
    throw RuntimeError(file_.string() + ": cannot be cut: " + error.message());
  }
  size_ = wanted;
}

}  // namespace hermes::telemetry
