#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hermes/data/dataset.hpp"
#include "hermes/wire/data_message.hpp"

/// What both ends of the delivery by the server agree on. Private to runtime.
namespace hermes::runtime {

/// Of slices of several rows. A gigabit link moves so much in two milliseconds.
inline constexpr std::size_t kSliceBytesMax = std::size_t{256} << 10U;

/// On their way to one worker: enough to keep its link busy, little before its next message.
inline constexpr std::size_t kSlicesInFlight = 4;

/// Payload of a slice with so many rows: targets, features, and zeros up to a whole word.
std::size_t slice_bytes(const data::DatasetInfo& info, std::uint64_t rows);
/// The targets at the beginning of such a payload.
TargetSpan targets_in(std::span<std::byte> payload, const data::DatasetInfo& info,
                      std::uint64_t rows);
Targets targets_in(std::span<const std::byte> payload, const data::DatasetInfo& info,
                   std::uint64_t rows);
/// Rows of a full slice, at least one.
std::uint64_t rows_per_slice(const data::DatasetInfo& info);

/// What a worker must know of the data set.
wire::DataMessage facts_of(const data::DatasetInfo& info);
/// The same again. Throws DataError for what no data set file could have said.
data::DatasetInfo info_of(const wire::DataMessage& facts);

}  // namespace hermes::runtime
