#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hermes::wire {

/// CRC-32 (IEEE 802.3), for headers.
std::uint32_t crc32(std::span<const std::byte> bytes);

/// A checksum for large payloads, as fast as memory: two running sums (Fletcher 1982) in each of
/// 16 lanes of 32-bit words, folded by CRC-32. It changes with every change of a single word, and
/// tells a block that never arrived (zeros, or what lay there before) from the one that was sent.
/// What the last word lacks counts as zeros.
std::uint64_t payload_checksum(std::span<const std::byte> bytes);

}  // namespace hermes::wire
