#include "report/axes.hpp"

#include <algorithm>
#include <utility>

namespace hermes::report {

Unit time_unit(double seconds_max) {
  constexpr double kMinute = 60.0;
  constexpr double kHour = 3600.0;
  if (seconds_max > 3.0 * kHour) {
    return {kHour, "hours"};
  }
  return seconds_max > 10.0 * kMinute ? Unit{kMinute, "minutes"} : Unit{1.0, "seconds"};
}

Unit byte_unit(double bytes_max) {
  constexpr double kStep = 1024.0;
  Unit unit{1.0, "bytes"};
  for (const char* name : {"KiB", "MiB", "GiB", "TiB"}) {
    if (bytes_max >= 2.0 * unit.size * kStep) {
      unit = {unit.size * kStep, name};
    }
  }
  return unit;
}

Axis axis_from_zero(std::string label, double high) {
  constexpr double kAir = 1.04;
  return {.label = std::move(label), .low = 0.0, .high = high > 0.0 ? high * kAir : 1.0};
}

Axis axis_around(std::string label, std::vector<double> values, double outliers_low,
                 double outliers_high) {
  Axis axis{.label = std::move(label)};
  if (values.empty()) {
    return axis;
  }
  std::sort(values.begin(), values.end());
  const auto last = static_cast<double>(values.size() - 1);
  const double low = values[static_cast<std::size_t>(std::floor(last * outliers_low))];
  const double high = values[static_cast<std::size_t>(std::ceil(last * (1.0 - outliers_high)))];
  constexpr double kAir = 0.06;
  const double air = high > low ? (high - low) * kAir : std::max(std::abs(high) * kAir, 1e-9);
  axis.low = low - air;
  axis.high = high + air;
  return axis;
}

std::vector<double> heights(std::span<const Curve> curves) {
  std::vector<double> all;
  for (const Curve& curve : curves) {
    for (const Point& point : curve.points) {
      all.push_back(point.y);
    }
  }
  return all;
}

void keep_within(const Axis& axis, std::vector<Point>& points) {
  for (Point& point : points) {
    point.y = std::clamp(point.y, axis.low, axis.high);
  }
}

}  // namespace hermes::report
