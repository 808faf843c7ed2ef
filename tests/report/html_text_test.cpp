#include "report/html_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace hermes::report {
namespace {

TEST(HtmlTextTest, what_means_something_in_html_is_escaped) {
  EXPECT_EQ(html_text("<script>alert('&\"')</script>"),
            "&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;");
}

TEST(HtmlTextTest, control_characters_become_blanks) {
  EXPECT_EQ(html_text(std::string("a\0b\nc\x7f", 6)), "a b c ");
}

TEST(HtmlTextTest, valid_utf8_stays_and_all_else_is_replaced) {
  EXPECT_EQ(html_text("Gr\xC3\xB6\xC3\x9F"
                      "e \xF0\x9F\x90\xA2"),
            "Gr\xC3\xB6\xC3\x9F"
            "e \xF0\x9F\x90\xA2");
  const std::string kReplaced = "\xEF\xBF\xBD";
  for (const char* bad : {"\xFF", "\xC0\xAF", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xE2\x80\xAE", "\x80"}) {
    const std::string html = html_text(bad);
    EXPECT_EQ(html.substr(0, 3), kReplaced) << html;
    EXPECT_EQ(html.size() % 3, 0U) << html;
  }
}

TEST(HtmlTextTest, a_long_text_is_cut_between_characters) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    text += "\xC3\xB6";
  }
  const std::string html = html_text(text, 31);
  EXPECT_LE(html.size(), 31U + 3U);
  EXPECT_EQ(html.find("\xEF\xBF\xBD"), html.npos);
  EXPECT_NE(html.find("\xE2\x80\xA6"), html.npos);
}

}  // namespace
}  // namespace hermes::report
