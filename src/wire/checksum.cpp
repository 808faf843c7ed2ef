#include "wire/checksum.hpp"

#include <array>
#include <boost/crc.hpp>
#include <cstring>

#include "hermes/core/assert.hpp"

namespace hermes::wire {

std::uint32_t crc32(std::span<const std::byte> bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::uint64_t payload_checksum(std::span<const std::byte> bytes) {
  using Lanes = std::array<std::uint32_t, 16>;
  HERMES_ASSERT(bytes.size() % sizeof(std::uint32_t) == 0, "payload checksum: not whole words");
  // The second sum depends on the order of the words, the first alone would not.
  Lanes sums{};
  Lanes sums_of_sums{};
  const auto add = [&](const Lanes& words) {
    for (std::size_t lane = 0; lane < words.size(); ++lane) {
      sums[lane] += words[lane];
      sums_of_sums[lane] += sums[lane];
    }
  };
  while (bytes.size() >= sizeof(Lanes)) {
    Lanes words;
    std::memcpy(words.data(), bytes.data(), sizeof(Lanes));
    add(words);
    bytes = bytes.subspan(sizeof(Lanes));
  }
  if (!bytes.empty()) {
    Lanes words{};
    std::memcpy(words.data(), bytes.data(), bytes.size());
    add(words);
  }
  const std::uint64_t low = crc32(std::as_bytes(std::span(sums)));
  const std::uint64_t high = crc32(std::as_bytes(std::span(sums_of_sums)));
  return low | high << 32U;
}

}  // namespace hermes::wire
