#pragma once

#include <cstddef>
#include <vector>

#include "report/figure.hpp"

namespace hermes::report {

/// At most `most` of the points (at least 4), in their order: the first, the last, and of each of
/// equal slices of the rest the lowest and the highest, so that no peak is lost.
std::vector<Point> thin_out(std::vector<Point> points, std::size_t most);

/// Which of `count` things to show when at most `most` fit: evenly spread, the first and the last
/// among them.
std::vector<std::size_t> evenly_spread(std::size_t count, std::size_t most);

}  // namespace hermes::report
