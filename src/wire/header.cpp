#include "wire/header.hpp"

#include <cstring>

#include "hermes/core/error.hpp"
#include "hermes/wire/codec.hpp"
#include "wire/checksum.hpp"

namespace hermes::wire {
namespace {

using Crc = std::uint32_t;
constexpr std::size_t kOverheadBytes = kPreludeBytes + sizeof(Crc);

template <class T>
T read_at(std::span<const std::byte> bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

}  // namespace

void fail_decoding(const std::string& what, std::uint64_t expected, std::uint64_t found) {
  throw DecodeError(what + ": expected " + std::to_string(expected) + ", found " +
                    std::to_string(found));
}

std::span<const std::byte> check_header(const HeaderFormat& format,
                                        std::span<const std::byte> header) {
  const auto about = [&format](const char* what) { return std::string(format.name) + what; };
  if (header.size() < kOverheadBytes) {
    fail_decoding(about(": bytes at least"), kOverheadBytes, header.size());
  }
  if (read_at<std::array<char, 4>>(header, 0) != format.magic) {
    throw DecodeError(about(": expected ") + format.frame + ", found other bytes");
  }
  const std::span<const std::byte> covered = header.first(header.size() - sizeof(Crc));
  const Crc crc = read_at<Crc>(header, covered.size());
  if (const auto version = read_at<std::uint16_t>(header, kVersionAt); version != format.version) {
    const std::string what = about(": wire version: expected ") + std::to_string(format.version) +
                             ", found " + std::to_string(version);
    if (crc == crc32(covered)) {  // all versions have this checksum at the end
      throw OtherVersionError(what);
    }
    throw DecodeError(what);
  }
  const std::size_t body = header.size() - kOverheadBytes;
  if (const auto claimed = read_at<std::uint64_t>(header, kBodyBytesAt); claimed != body) {
    fail_decoding(about(": body bytes"), body, claimed);
  }
  if (crc != crc32(covered)) {
    fail_decoding(about(": checksum"), crc32(covered), crc);
  }
  return header.subspan(kPreludeBytes, body);
}

void seal_header(HeaderBytes& header) {
  const Crc crc = crc32(header);
  header.append(std::as_bytes(std::span(&crc, 1)));
}

}  // namespace hermes::wire
