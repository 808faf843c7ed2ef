#include "report/thin_out.hpp"

#include <algorithm>
#include <utility>

namespace hermes::report {

std::vector<Point> thin_out(std::vector<Point> points, std::size_t most) {
  if (points.size() <= std::max<std::size_t>(most, 4)) {
    return points;
  }
  const std::size_t slices = std::max<std::size_t>(most, 4) / 2 - 1;
  const std::size_t inner = points.size() - 2;
  const auto begin = points.begin() + 1;
  const auto by_height = [](const Point& a, const Point& b) { return a.y < b.y; };
  std::vector<Point> kept = {points.front()};
  for (std::size_t slice = 0; slice < slices; ++slice) {
    const auto first = begin + static_cast<std::ptrdiff_t>(inner * slice / slices);
    const auto last = begin + static_cast<std::ptrdiff_t>(inner * (slice + 1) / slices);
    auto [low, high] = std::minmax_element(first, last, by_height);
    if (high < low) {
      std::swap(low, high);
    }
    kept.push_back(*low);
    if (high != low) {
      kept.push_back(*high);
    }
  }
  kept.push_back(points.back());
  return kept;
}

std::vector<std::size_t> evenly_spread(std::size_t count, std::size_t most) {
  const std::size_t shown = std::min(count, most);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < shown; ++i) {
    chosen.push_back(shown == 1 ? 0 : i * (count - 1) / (shown - 1));
  }
  return chosen;
}

}  // namespace hermes::report
