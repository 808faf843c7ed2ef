#include "report/figure.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "hermes/core/error.hpp"

namespace hermes::report {
namespace {

using testing::HasSubstr;
using testing::Not;

Figure small_figure() {
  Figure figure;
  figure.id = "f-1";
  figure.title = "<b>title";
  figure.description = "a \"line\"";
  figure.x.label = "seconds";
  figure.curves.push_back({.pen = Pen::of_series(1), .points = {{0.0, 1.0}, {2.0, 3.5}}});
  return figure;
}

/// As gnuplot 5.4 writes them.
std::string drawing_of(const std::string& body) {
  return "<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 520 290\"\n "
         "xmlns=\"http://www.w3.org/2000/svg\">\n"
         "<title>Gnuplot</title>\n<desc>Produced by GNUPLOT</desc>\n<g id=\"gnuplot_canvas\">\n"
         "<defs><circle id='gpDot' r='0.5'/></defs>\n" +
         body + "</g>\n</svg>\n";
}

TEST(GnuplotScriptTest, holds_the_data_and_the_axes_but_no_text_for_people) {
  const std::string script = gnuplot_script(small_figure());
  EXPECT_THAT(script, HasSubstr("set output \"f-1.svg\""));
  EXPECT_THAT(script, HasSubstr("<< EOD\n0 1\n2 3.5\nEOD\n"));
  EXPECT_THAT(script, HasSubstr("\"seconds\""));
  EXPECT_THAT(script, Not(HasSubstr("title")));
}

TEST(PenTest, series_beyond_the_colours_have_dashes) {
  EXPECT_EQ(Pen::of_series(0).dash, 0);
  EXPECT_EQ(Pen::of_series(kSeriesColours).colour, 0);
  EXPECT_EQ(Pen::of_series(kSeriesColours).dash, 1);
}

TEST(InlineDrawingTest, has_title_and_description_and_colours_of_the_style_sheet) {
  std::string marks;
  const std::string html = inline_drawing(
      drawing_of("<path stroke='rgb(250,   1,   5)' d='M0,0'/><text fill=\"rgb(250,8,5)\">1</text>"
                 "<path stroke='rgb(250, 99, 5)'/>"),
      small_figure(), marks);
  EXPECT_THAT(html, HasSubstr("<title id=\"f-1-title\">&lt;b&gt;title</title>"));
  EXPECT_THAT(html, HasSubstr("<desc id=\"f-1-text\">a &quot;line&quot;</desc>"));
  EXPECT_THAT(html, HasSubstr("aria-labelledby=\"f-1-title f-1-text\""));
  EXPECT_THAT(html, HasSubstr("<path stroke='var(--c1)' d='M0,0'/>"));
  EXPECT_THAT(html, HasSubstr("fill=\"var(--c8)\""));
  EXPECT_THAT(html, HasSubstr("'rgb(250, 99, 5)'"));
  EXPECT_THAT(html, Not(HasSubstr("http")));
  EXPECT_EQ(marks, "<circle id='gpDot' r='0.5'/>");
}

TEST(InlineDrawingTest, groups_with_nothing_in_them_go_and_others_stay) {
  std::string marks;
  const std::string html = inline_drawing(
      drawing_of("<g fill=\"none\">\n</g>\n<g id=\"gnuplot_plot_1\" ><title>gnuplot_plot_1"
                 "</title>\n<g stroke=\"a\">\t<path/></g>\n</g>\n"),
      small_figure(), marks);
  EXPECT_THAT(html, Not(HasSubstr("fill=\"none\"")));
  EXPECT_THAT(html, Not(HasSubstr("gnuplot_plot")));
  EXPECT_THAT(html, HasSubstr("<g stroke=\"a\">\t<path/></g>"));
}

TEST(InlineDrawingTest, what_is_no_drawing_is_an_error_that_names_it) {
  std::string marks;
  for (const char* bad : {"", "<svg></svg>", "<defs>", "<defs></defs></svg>"}) {
    try {
      inline_drawing(bad, small_figure(), marks);
      FAIL() << bad;
    } catch (const RuntimeError& error) {
      EXPECT_THAT(error.what(), HasSubstr("f-1.svg"));
    }
  }
}

}  // namespace
}  // namespace hermes::report
