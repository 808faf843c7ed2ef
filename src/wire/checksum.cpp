#include "wire/checksum.hpp"

#include <array>
#include <boost/crc.hpp>
#include <cstdint>
#include <cstring>

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "wire/checksum.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::wire::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::size_t kLanes = 16;

/// For whole rows of 16 words: each lane's sum, and the sum of its sums, which depends on the order
/// of the words.
void add_rows(const std::byte* words, std::size_t rows, std::uint32_t* sums,
              std::uint32_t* sums_of_sums) {
  const hn::CappedTag<std::uint32_t, kLanes> tag;
  constexpr std::size_t kWidth = hn::MaxLanes(tag);
  constexpr std::size_t kVectors = kLanes / kWidth;
  using Vector = decltype(hn::Zero(tag));
  std::array<Vector, kVectors> sum;
  std::array<Vector, kVectors> sum_of_sums;
  for (std::size_t k = 0; k < kVectors; ++k) {
    sum[k] = hn::LoadU(tag, sums + k * kWidth);
    sum_of_sums[k] = hn::LoadU(tag, sums_of_sums + k * kWidth);
  }
  const auto* next = reinterpret_cast<const std::uint32_t*>(words);
  for (std::size_t row = 0; row < rows; ++row, next += kLanes) {
    for (std::size_t k = 0; k < kVectors; ++k) {
      sum[k] = hn::Add(sum[k], hn::LoadU(tag, next + k * kWidth));
      sum_of_sums[k] = hn::Add(sum_of_sums[k], sum[k]);
    }
  }
  for (std::size_t k = 0; k < kVectors; ++k) {
    hn::StoreU(sum[k], tag, sums + k * kWidth);
    hn::StoreU(sum_of_sums[k], tag, sums_of_sums + k * kWidth);
  }
}

}  // namespace
}  // namespace hermes::wire::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes::wire {

HWY_EXPORT(add_rows);

std::uint32_t crc32(std::span<const std::byte> bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

std::uint64_t payload_checksum(std::span<const std::byte> bytes) {
  using Lanes = std::array<std::uint32_t, 16>;
  Lanes sums{};
  Lanes sums_of_sums{};
  const auto add = [&](const std::byte* words, std::size_t rows) {
    HWY_DYNAMIC_DISPATCH(add_rows)(words, rows, sums.data(), sums_of_sums.data());
  };
  const std::size_t rows = bytes.size() / sizeof(Lanes);
  add(bytes.data(), rows);
  const std::span<const std::byte> rest = bytes.subspan(rows * sizeof(Lanes));
  if (!rest.empty()) {
    std::array<std::byte, sizeof(Lanes)> last{};
    std::memcpy(last.data(), rest.data(), rest.size());
    add(last.data(), 1);
  }
  const std::uint64_t low = crc32(std::as_bytes(std::span(sums)));
  const std::uint64_t high = crc32(std::as_bytes(std::span(sums_of_sums)));
  return low | high << 32U;
}

}  // namespace hermes::wire
#endif
