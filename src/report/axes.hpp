#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "report/figure.hpp"

namespace hermes::report {

/// Beyond this a number is told, not drawn.
inline constexpr double kDrawnMax = 1e12;

inline bool can_be_drawn(double value) {
  return std::abs(value) <= kDrawnMax;  // false for NaN
}

/// What figures divide values by, and what the axis is then called.
struct Unit {
  double size = 1.0;
  std::string name;
};

Unit time_unit(double seconds_max);
Unit byte_unit(double bytes_max);

/// From 0 to the largest value.
Axis axis_from_zero(std::string label, double high);

/// Around the values, with a little air. The lowest and the highest `outliers` (a part of all
/// values) may lie beyond.
Axis axis_around(std::string label, std::vector<double> values, double outliers_low,
                 double outliers_high);

/// All y of the curves.
std::vector<double> heights(std::span<const Curve> curves);

/// Points moved to the axis's edge where they lie beyond it.
void keep_within(const Axis& axis, std::vector<Point>& points);

}  // namespace hermes::report
