#pragma once

#include <cstdint>
#include <string_view>

namespace hermes::telemetry {

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4). zlib has the other polynomial alone.
std::uint32_t crc32c(std::string_view bytes);

/// As TFRecord stores it, so that the sum of bytes with a sum in them is no special one.
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace hermes::telemetry
