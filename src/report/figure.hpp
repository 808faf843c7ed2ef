#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace hermes::report {

/// Colours are numbers: the style sheet says what they are in daylight and in the dark.
inline constexpr int kSeriesColours = 6;
inline constexpr int kFrame = kSeriesColours;
inline constexpr int kGrid = kFrame + 1;
inline constexpr int kLabel = kFrame + 2;
inline constexpr int kInk = kFrame + 3;
inline constexpr int kColours = kFrame + 4;

struct Point {
  double x = 0.0;
  double y = 0.0;

  friend bool operator==(const Point&, const Point&) = default;
};

/// An upright rectangle.
struct Box {
  double left = 0.0;
  double right = 0.0;
  double bottom = 0.0;
  double top = 0.0;
};

enum class Look { Line, Steps, Dots };

/// What one row of points looks like: series beyond the number of colours differ by their dashes.
struct Pen {
  int colour = 0;
  int dash = 0;  ///< 0: none

  static Pen of_series(std::size_t series);
};

struct Curve {
  Look look = Look::Line;
  Pen pen{};
  double width = 1.6;
  std::vector<Point> points{};
};

struct Boxes {
  int colour = 0;
  std::vector<Box> boxes{};
};

struct Axis {
  std::string label{};
  double low = 0.0;
  double high = 1.0;
  bool is_logarithmic = false;
  bool counts_large = false;                            ///< 20000 is written 20k
  std::vector<std::pair<double, std::string>> marks{};  ///< instead of numbers
};

struct Size {
  int width = 520;
  int height = 290;
};

/// One plot, as data. Texts in axes are the program's own: they get into a gnuplot script. Title
/// and description are text for people and may be anything.
struct Figure {
  std::string id{};  ///< of letters, digits and '-'; the name of its file and in the page
  std::string title{};
  std::string description{};  ///< for who cannot see it
  std::string note{};         ///< below it, may be empty
  Size size{};
  Axis x{};
  Axis y{};
  std::vector<Boxes> boxes{};
  std::vector<Curve> curves{};
};

/// The gnuplot script that draws the figure into the file ID.svg of the working directory.
std::string gnuplot_script(const Figure& figure);

/// gnuplot's drawing as an element for the page: with title and description, without declarations,
/// names and empty groups, coloured by the style sheet. `marks` gets the definitions that all
/// drawings share (one copy in the page will do).
std::string inline_drawing(const std::string& svg, const Figure& figure, std::string& marks);

}  // namespace hermes::report
