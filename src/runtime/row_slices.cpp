#include "runtime/row_slices.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/vector_ops.hpp"

namespace hermes::runtime {
namespace {

/// No real row is larger; keeps products of sizes far from overflow.
constexpr std::uint64_t kExtentMax = std::uint64_t{1} << 20U;

}  // namespace

std::size_t slice_bytes(const data::DatasetInfo& info, std::uint64_t rows) {
  constexpr std::size_t kWord = sizeof(float);
  const std::size_t bytes = rows * (info.target_bytes() + info.row_bytes());
  return (bytes + kWord - 1) / kWord * kWord;
}

TargetSpan targets_in(std::span<std::byte> payload, const data::DatasetInfo& info,
                      std::uint64_t rows) {
  if (info.has_labels()) {
    return std::span(reinterpret_cast<std::int32_t*>(payload.data()), rows);
  }
  return std::span(reinterpret_cast<float*>(payload.data()), rows * info.target_columns);
}

Targets targets_in(std::span<const std::byte> payload, const data::DatasetInfo& info,
                   std::uint64_t rows) {
  if (info.has_labels()) {
    return std::span(reinterpret_cast<const std::int32_t*>(payload.data()), rows);
  }
  return std::span(reinterpret_cast<const float*>(payload.data()), rows * info.target_columns);
}

std::uint64_t rows_per_slice(const data::DatasetInfo& info) {
  // Less a word, so that filling up the last one stays within the limit.
  return std::max<std::uint64_t>(
      1, (kSliceBytesMax - sizeof(float)) / (info.target_bytes() + info.row_bytes()));
}

wire::DataMessage facts_of(const data::DatasetInfo& info) {
  auto moments = std::make_shared<AlignedVector<float>>(info.mean.begin(), info.mean.end());
  moments->insert(moments->end(), info.scale.begin(), info.scale.end());
  return {wire::DatasetFacts{.name = info.path.string(),
                             .channels = info.features.channels,
                             .height = info.features.height,
                             .width = info.features.width,
                             .flat = info.features.flat,
                             .floats = info.element_type == data::ElementType::Float32,
                             .channels_last = info.channels_last,
                             .target_columns = info.target_columns,
                             .train_rows = info.row_count(data::Split::Train),
                             .validation_rows = info.row_count(data::Split::Validation),
                             .test_rows = info.row_count(data::Split::Test),
                             .content_hash = info.content_hash},
          {moments, std::as_bytes(std::span(*moments))}};
}

data::DatasetInfo info_of(const wire::DataMessage& message) {
  const auto& facts = std::get<wire::DatasetFacts>(message.body);
  for (const std::uint64_t extent : {facts.channels, facts.height, facts.width}) {
    if (extent == 0 || extent > kExtentMax) {
      throw DataError(facts.name + ": features: expected 1 to " + std::to_string(kExtentMax) +
                      " in each direction, found " + std::to_string(extent));
    }
  }
  if (facts.target_columns > kExtentMax) {
    throw DataError(facts.name + ": targets: expected at most " + std::to_string(kExtentMax) +
                    " in a row, found " + std::to_string(facts.target_columns));
  }
  const std::size_t bytes = 2 * facts.channels * sizeof(float);
  if (message.payload.bytes.size() != bytes) {
    throw DataError(facts.name + ": means and scales: expected " + std::to_string(bytes) +
                    " bytes, found " + std::to_string(message.payload.bytes.size()));
  }
  std::vector<float> moments(2 * facts.channels);
  std::memcpy(moments.data(), message.payload.bytes.data(), bytes);
  if (!all_finite(moments)) {
    throw DataError(facts.name + ": means and scales: expected finite numbers, found others");
  }
  const auto half = moments.begin() + static_cast<std::ptrdiff_t>(facts.channels);
  data::DatasetInfo info;
  info.path = facts.name;
  info.features = {facts.channels, facts.height, facts.width, facts.flat};
  info.element_type = facts.floats ? data::ElementType::Float32 : data::ElementType::Uint8;
  info.channels_last = facts.channels_last;
  info.target_columns = facts.target_columns;
  info.content_hash = facts.content_hash;
  info.rows = {facts.train_rows, facts.validation_rows, facts.test_rows};
  info.mean.assign(moments.begin(), half);
  info.scale.assign(half, moments.end());
  return info;
}

}  // namespace hermes::runtime
