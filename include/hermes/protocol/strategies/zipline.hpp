#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hermes::protocol {

/// Where elastic barriers should be (ZipLine; Zhao et al., ICDCS 2019). Worker i finishes rounds at
/// interval_i, 2 interval_i, ..., horizon * interval_i: which one of each lies in the smallest time
/// span that holds one of every worker? Ties: the earliest span. Returns the rounds, 1 to horizon.
///
/// Takes O(horizon * n * log n). Requires: intervals finite and not negative, horizon > 0.
std::vector<std::uint32_t> zipline(std::span<const double> intervals, std::uint32_t horizon);

}  // namespace hermes::protocol
