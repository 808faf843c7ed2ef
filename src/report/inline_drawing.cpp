#include <spdlog/fmt/fmt.h>

#include <charconv>
#include <string_view>

#include "hermes/core/error.hpp"
#include "report/figure.hpp"
#include "report/html_text.hpp"
#include "report/stand_in_colour.hpp"

namespace hermes::report {
namespace {

[[noreturn]] void fail(const std::string& id) {
  throw RuntimeError("gnuplot: expected a drawing " + id + ".svg, found something else");
}

/// The part between two landmarks, without them; fails when they are not there.
std::string_view between(std::string_view text, std::string_view begin, std::string_view end,
                         const std::string& id) {
  const std::size_t first = text.find(begin);
  const std::size_t last = first == text.npos ? text.npos : text.find(end, first + begin.size());
  if (last == text.npos) {
    fail(id);
  }
  return text.substr(first + begin.size(), last - first - begin.size());
}

/// The number at the front, and past it and the blanks and commas around it; -1 for none.
int next_number(std::string_view& text) {
  int number = -1;
  text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return number;
}

/// Variables of the style sheet in place of the colours that stand for them.
std::string with_variables(std::string_view drawing) {
  constexpr std::string_view kBegin = "rgb(";
  std::string result;
  while (true) {
    const std::size_t at = drawing.find(kBegin);
    result += drawing.substr(0, at);
    if (at == drawing.npos) {
      return result;
    }
    std::string_view rest = drawing.substr(at + kBegin.size());
    const int red = next_number(rest);
    const int green = next_number(rest);
    const int blue = next_number(rest);
    const bool stands_in = red == kStandInRed && blue == kStandInBlue && rest.starts_with(")") &&
                           green >= 0 && green < kColours;
    result += stands_in ? fmt::format("var(--c{}", green) : std::string(kBegin);
    drawing = stands_in ? rest : drawing.substr(at + kBegin.size());
  }
}

/// Without groups that hold nothing: gnuplot makes many.
std::string without_empty_groups(std::string_view drawing) {
  constexpr std::string_view kEnd = "</g>";
  std::string result;
  while (!drawing.empty()) {
    const std::size_t begin = drawing.find("<g ");
    const std::size_t open_end = begin == drawing.npos ? begin : drawing.find('>', begin);
    result += drawing.substr(0, begin);
    if (open_end == drawing.npos) {
      return result;
    }
    const std::size_t inside =
        std::min(drawing.find_first_not_of(" \t\n", open_end + 1), drawing.size());
    const bool is_empty = drawing.substr(inside).starts_with(kEnd);
    if (!is_empty) {
      result += drawing.substr(begin, open_end + 1 - begin);
    }
    drawing.remove_prefix(is_empty ? inside + kEnd.size() : open_end + 1);
    if (is_empty && drawing.starts_with("\n")) {
      drawing.remove_prefix(1);
    }
  }
  return result;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace

std::string inline_drawing(const std::string& svg, const Figure& figure, std::string& marks) {
  if (marks.empty()) {
    marks = between(svg, "<defs>", "</defs>", figure.id);
  }
  std::string body(between(svg, "</defs>", "</svg>", figure.id));
  const std::size_t canvas_end = body.rfind("</g>");  // its begin was before the definitions
  if (canvas_end == body.npos) {
    fail(figure.id);
  }
  body = without_empty_groups(body.substr(0, canvas_end));
  for (const char* name : {" id=\"gnuplot_plot_", "<title>gnuplot_plot_"}) {
    const std::string_view end = name[0] == '<' ? "</title>" : "\"";
    for (std::size_t at = body.find(name); at != body.npos; at = body.find(name)) {
      body.erase(at, body.find(end, at + std::string_view(name).size()) + end.size() - at);
    }
  }
  for (const char* own : {" color=\"black\"", " color=\"gray\"", " color=\"white\"",
                          " font-family=\"sans-serif\"", " fill=\"none\" color=\"black\""}) {
    body = replaced(std::move(body), own, "");
  }
  return fmt::format(
      "<svg viewBox=\"0 0 {0} {1}\" role=\"img\" aria-labelledby=\"{2}-title {2}-text\">"
      "<title id=\"{2}-title\">{3}</title><desc id=\"{2}-text\">{4}</desc>{5}</svg>",
      figure.size.width, figure.size.height, figure.id, html_text(figure.title),
      html_text(figure.description), with_variables(body));
}

}  // namespace hermes::report
