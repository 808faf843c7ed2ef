#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/report_model.hpp"

namespace hermes::report {

/// All figures of the report, in the order of the page.
std::vector<const Figure*> figures_of(const Report& report);

/// The page as HTML. `drawings` are gnuplot's SVG files of `figures_of(report)`, in that order.
/// Throws RuntimeError where one of them is none.
std::string page_html(const Report& report, std::span<const std::string> drawings);

/// The page's style sheet (src/report/style.css).
extern const std::string_view kStyleSheet;

}  // namespace hermes::report
