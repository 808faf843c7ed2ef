#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "hermes/core/assert.hpp"
#include "report/figure.hpp"
#include "report/stand_in_colour.hpp"

namespace hermes::report {
namespace {

constexpr double kLarge = 1e5;

/// Texts must not end their quotes in a script.
const std::string& checked(const std::string& text) {
  HERMES_ASSERT(
      std::all_of(text.begin(), text.end(),
                  [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '`'; }),
      "a text for a gnuplot script");
  return text;
}

std::string axis_text(char name, const Axis& axis) {
  std::string text =
      fmt::format("set {0}range [{1:.9g}:{2:.9g}]\nset {0}label \"{3}\" textcolor rgb \"{4}\"\n",
                  name, axis.low, axis.high, checked(axis.label), stand_in(kLabel));
  if (axis.is_logarithmic) {
    text += fmt::format("set logscale {}\n", name);
  }
  text += fmt::format("set format {} \"{}\"\n", name,
                      axis.counts_large && axis.high >= kLarge ? "%.1s%c" : "%g");
  if (!axis.marks.empty()) {
    text += fmt::format("set {}tics (", name);
    for (const auto& [place, mark] : axis.marks) {
      text += fmt::format("{}\"{}\" {:.9g}", text.back() == '(' ? "" : ", ", checked(mark), place);
    }
    text += ")\n";
  }
  return text;
}

std::string look_text(const Curve& curve) {
  static constexpr std::string_view kDashes[] = {"solid", "(6,4)", "(2,3)", "(10,3,2,3)"};
  const std::string colour = fmt::format("linecolor rgb \"{}\"", stand_in(curve.pen.colour));
  if (curve.look == Look::Dots) {
    return fmt::format("with points pointtype 7 pointsize {:.3g} {}", curve.width / 4.0, colour);
  }
  const auto dash = static_cast<std::size_t>(curve.pen.dash) % std::size(kDashes);
  return fmt::format("with {} linewidth {:.3g} dashtype {} {}",
                     curve.look == Look::Steps ? "steps" : "lines", curve.width, kDashes[dash],
                     colour);
}

void add_data(std::string& script, std::string& plot, const Figure& figure) {
  std::size_t number = 0;
  const auto begin = [&](const std::string& look) {
    plot += fmt::format("{}$d{} {}", plot.empty() ? "plot " : ", \\\n  ", number, look);
    script += fmt::format("$d{} << EOD\n", number++);
  };
  for (const Boxes& set : figure.boxes) {
    begin(fmt::format(
        "using 1:2:3:4:5:6 with boxxyerror fillstyle solid 1 noborder linecolor rgb \"{}\"",
        stand_in(set.colour)));
    for (const Box& box : set.boxes) {
      fmt::format_to(std::back_inserter(script),
                     "{0:.6g} {2:.6g} {0:.6g} {1:.6g} {2:.6g} {3:.6g}\n", box.left, box.right,
                     box.bottom, box.top);
    }
    script += "EOD\n";
  }
  for (const Curve& curve : figure.curves) {
    begin(look_text(curve));
    for (const Point& point : curve.points) {
      fmt::format_to(std::back_inserter(script), "{:.6g} {:.6g}\n", point.x, point.y);
    }
    script += "EOD\n";
  }
}

}  // namespace

Pen Pen::of_series(std::size_t series) {
  return {.colour = static_cast<int>(series % kSeriesColours),
          .dash = static_cast<int>(series / kSeriesColours)};
}

std::string gnuplot_script(const Figure& figure) {
  std::string script = fmt::format(
      "reset\n"
      "set terminal svg size {},{} dynamic noenhanced font \"sans-serif,13\" linewidth 1\n"
      "set output \"{}.svg\"\n"
      "unset key\nset tmargin 0.6\nset rmargin 2\n"
      "set border 3 linewidth 1 linecolor rgb \"{}\"\n"
      "set tics nomirror out scale 0.5 textcolor rgb \"{}\"\n"
      "set grid ytics linetype 1 linewidth 0.7 linecolor rgb \"{}\"\n",
      figure.size.width, figure.size.height, checked(figure.id), stand_in(kFrame), stand_in(kLabel),
      stand_in(kGrid));
  script += axis_text('x', figure.x) + axis_text('y', figure.y);
  std::string plot;
  add_data(script, plot, figure);
  HERMES_ASSERT(!plot.empty(), "a figure has something to show");
  return script + plot + "\nunset output\n";
}

}  // namespace hermes::report
