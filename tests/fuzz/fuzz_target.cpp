#include "fuzz_target.hpp"

#include <fstream>

#include "runtime/temporary_directory.hpp"

namespace hermes::fuzz {
namespace {

/// Of this process, removed when it ends.
const std::filesystem::path& own_directory() {
  static const runtime::TemporaryDirectory directory;
  return directory.path();
}

}  // namespace

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

Bytes edited(Bytes bytes, std::span<const std::uint8_t> edits) {
  for (; edits.size() >= 3; edits = edits.subspan(3)) {
    const std::size_t place = edits[0] + 256U * edits[1];
    bytes[place % bytes.size()] = std::byte{edits[2]};
  }
  if (edits.size() == 1) {
    bytes.resize(bytes.size() - edits[0] % bytes.size());
  }
  return bytes;
}

InputFile::InputFile(std::span<const std::byte> bytes) {
  static std::uint64_t count = 0;
  path_ = own_directory() / ("in" + std::to_string(++count));
  std::ofstream stream(path_, std::ios::binary);
  stream.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  if (!stream.flush()) {
    report_finding("room for a file", path_.string());
  }
}

InputFile::~InputFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

std::filesystem::path output_file() {
  return own_directory() / "out.h5";
}

}  // namespace hermes::fuzz
