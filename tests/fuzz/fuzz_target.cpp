#include "fuzz_target.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "runtime/temporary_directory.hpp"

namespace hermes::fuzz {

std::vector<std::string_view> cut_pieces(std::string_view input, std::size_t count) {
  constexpr std::string_view kMark = "--8<--";
  std::vector<std::string_view> pieces;
  while (pieces.size() < count) {
    const std::size_t end = pieces.size() + 1 < count ? input.find(kMark) : std::string_view::npos;
    pieces.push_back(input.substr(0, end));
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + kMark.size());
  }
  return pieces;
}

HiddenFile::HiddenFile(std::span<const std::byte> bytes)
    : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written <= 0) {
      report_finding("memory for a file", "none");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

HiddenFile::~HiddenFile() {
  ::close(descriptor_);
}

std::filesystem::path HiddenFile::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

std::filesystem::path output_file() {
  static const runtime::TemporaryDirectory directory;
  return directory.path() / "out.h5";
}

}  // namespace hermes::fuzz
