#include "wire/checksum.hpp"

#include <array>
#include <boost/crc.hpp>
#include <cstring>

namespace hermes::wire {

namespace {

struct LaneSums {
  using Lanes = std::array<std::uint32_t, 16>;

  /// At most one word for each lane.
  void add(std::span<const std::byte> bytes) {
    Lanes words{};
    std::memcpy(words.data(), bytes.data(), bytes.size());
    for (std::size_t lane = 0; lane < words.size(); ++lane) {
      sums[lane] += words[lane];
      sums_of_sums[lane] += sums[lane];
    }
  }

  Lanes sums{};
  Lanes sums_of_sums{};  // depends on the order of the words, which the sums do not
};

}  // namespace

std::uint32_t crc32(std::span<const std::byte> bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::uint64_t payload_checksum(std::span<const std::byte> bytes) {
  LaneSums lanes;
  std::size_t at = 0;
  for (; bytes.size() - at >= sizeof(LaneSums::Lanes); at += sizeof(LaneSums::Lanes)) {
    lanes.add(bytes.subspan(at).first<sizeof(LaneSums::Lanes)>());
  }
  if (at < bytes.size()) {
    lanes.add(bytes.subspan(at));
  }
  const std::uint64_t low = crc32(std::as_bytes(std::span(lanes.sums)));
  const std::uint64_t high = crc32(std::as_bytes(std::span(lanes.sums_of_sums)));
  return low | high << 32U;
}

}  // namespace hermes::wire
