#pragma once

#include <string>
#include <vector>

#include "report/figure.hpp"

namespace hermes::report {

/// Lets gnuplot draw the figures, in one process and a temporary directory of its own; returns its
/// SVG files. Throws RuntimeError where gnuplot is missing or fails.
std::vector<std::string> draw(const std::vector<const Figure*>& figures);

}  // namespace hermes::report
