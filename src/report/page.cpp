#include "report/page.hpp"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "hermes/core/assert.hpp"
#include "report/html_text.hpp"

namespace hermes::report {
namespace {

constexpr std::size_t kLabelBytesMax = 60;

std::string label_html(const std::string& text) {
  return html_text(text, kLabelBytesMax);
}

/// `<NAME>text</NAME>`, or nothing without a text.
std::string element(std::string_view name, const std::string& text) {
  return text.empty() ? "" : fmt::format("<{0}>{1}</{0}>\n", name, html_text(text, 2000));
}

/// What a curve looks like, drawn small.
std::string swatch(const LegendEntry& entry) {
  const std::string colour = fmt::format("var(--c{})", entry.pen.colour);
  if (entry.is_area) {
    return fmt::format("<span class=\"area\" style=\"background:{}\"></span>", colour);
  }
  if (entry.look == Look::Dots) {
    return fmt::format("<span class=\"dot\" style=\"background:{}\"></span>", colour);
  }
  static constexpr std::string_view kStyles[] = {"solid", "dashed", "dotted", "double"};
  return fmt::format("<span class=\"line\" style=\"border-top-style:{};border-color:{}\"></span>",
                     kStyles[static_cast<std::size_t>(entry.pen.dash) % std::size(kStyles)],
                     colour);
}

std::string legend_html(const std::vector<LegendEntry>& legend) {
  std::string html;
  for (const LegendEntry& entry : legend) {
    html += fmt::format("<li>{}{}</li>", swatch(entry), label_html(entry.text));
  }
  return html.empty() ? "" : "<ul class=\"legend\">" + html + "</ul>\n";
}

std::string row_html(const TableRow& row, std::size_t columns) {
  const std::string heading = html_text(row.heading);
  if (row.cells.empty()) {
    return fmt::format("<tr class=\"group\"><th colspan=\"{}\" scope=\"rowgroup\">{}</th></tr>\n",
                       columns, heading);
  }
  std::string html = fmt::format("<tr><th scope=\"row\">{}</th>", heading);
  for (const Cell& cell : row.cells) {
    const std::string text = html_text(cell.text);
    html += "<td>" + (cell.is_best ? "<strong>" + text + "</strong>" : text) + "</td>";
  }
  return html + "</tr>\n";
}

/// Wide tables scroll within themselves, also by the keyboard.
std::string table_html(const Table& table) {
  if (table.rows.empty()) {
    return "";
  }
  const std::string caption = html_text(table.caption);
  std::string html = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\">"
      "<table{1}><caption>{0}</caption>\n<thead><tr>",
      caption, table.is_text ? " class=\"words\"" : "");
  for (const std::string& column : table.columns) {
    html +=
        column.empty() ? "<td></td>" : fmt::format("<th scope=\"col\">{}</th>", label_html(column));
  }
  html += "</tr></thead>\n<tbody>\n";
  for (const TableRow& row : table.rows) {
    html += row_html(row, table.columns.size());
  }
  return html + "</tbody></table></div>\n";
}

/// Writes the page from top to bottom.
class PageWriter {
 public:
  explicit PageWriter(std::span<const std::string> drawings) : drawings_(drawings) {}

  std::string page(const Report& report) {
    for (const Section& section : report.sections) {
      body_ += section_html(section);
    }
    const std::string title = html_text(report.title, 200);
    return fmt::format(
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" "
               "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n"
               "<link rel=\"icon\" href=\"data:,\">\n"
               "<title>{}: Hermes report</title>\n<style>\n{}</style>\n</head>\n<body>\n",
               title, kStyleSheet) +
           marks_html() + header_html(report) + "<main>\n" + body_ + "</main>\n</body>\n</html>\n";
  }

 private:
  /// Point marks that all drawings refer to.
  std::string marks_html() const {
    return marks_.empty()
               ? ""
               : "<svg class=\"marks\" aria-hidden=\"true\" width=\"0\" height=\"0\"><defs>" +
                     marks_ + "</defs></svg>\n";
  }

  static std::string card_html(const Card& card, std::size_t number, bool is_one_of_many) {
    static constexpr std::string_view kEndings[] = {"well", "early", "badly"};
    const std::string mark =
        is_one_of_many ? swatch({.text = "", .pen = Pen::of_series(number)}) : "";
    std::string html = fmt::format(
        "<li class=\"card\">\n<h2>{}{}</h2>\n<p class=\"what\">{}</p>\n<p class=\"ended "
        "{}\">{}</p>\n",
        mark, label_html(card.label), html_text(card.strategy),
        kEndings[static_cast<std::size_t>(card.ending)], html_text(card.ended));
    html += "<dl>";
    for (const auto& [name, value] : card.facts) {
      html += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", html_text(name), html_text(value));
    }
    return html + "</dl>\n</li>\n";
  }

  static std::string header_html(const Report& report) {
    std::string html = fmt::format("<header>\n<h1><span>Hermes report</span> {}</h1>\n",
                                   html_text(report.title, 200));
    html += "<nav aria-label=\"Sections\"><ul>";
    for (const Section& section : report.sections) {
      html +=
          fmt::format("<li><a href=\"#{}\">{}</a></li>", section.id, html_text(section.heading));
    }
    html += "</ul></nav>\n<ul class=\"cards\">\n";
    for (std::size_t i = 0; i < report.cards.size(); ++i) {
      html += card_html(report.cards[i], i, report.cards.size() > 1);
    }
    return html + "</ul>\n</header>\n";
  }

  std::string figure_html(const Figure& figure) {
    HERMES_ASSERT(next_ < drawings_.size(), "a drawing for each figure");
    const std::string drawing = inline_drawing(drawings_[next_++], figure, marks_);
    const std::string note =
        figure.note.empty() ? "" : fmt::format(" <span>{}</span>", html_text(figure.note));
    return fmt::format("<figure><figcaption>{}{}</figcaption>\n{}</figure>\n",
                       label_html(figure.title), note, drawing);
  }

  std::string group_html(const Group& group) {
    std::string html =
        element("h3", group.heading) + element("p", group.text) + legend_html(group.legend);
    if (!group.figures.empty()) {
      html += fmt::format("<div class=\"figures{}\">\n", group.is_small ? " small" : "");
      for (const Figure& figure : group.figures) {
        html += figure_html(figure);
      }
      html += "</div>\n";
    }
    for (const Table& table : group.tables) {
      html += table_html(table);
    }
    return html;
  }

  std::string section_html(const Section& section) {
    std::string html = fmt::format(
        "<section id=\"{0}\" aria-labelledby=\"{0}-heading\">\n"
        "<h2 id=\"{0}-heading\">{1}</h2>\n",
        section.id, html_text(section.heading));
    html += element("p", section.text);
    for (const Group& group : section.groups) {
      html += group_html(group);
    }
    for (const Table& table : section.tables) {
      html += table_html(table);
    }
    return html + "</section>\n";
  }

  std::span<const std::string> drawings_;
  std::size_t next_ = 0;
  std::string marks_;
  std::string body_;
};

}  // namespace

std::vector<const Figure*> figures_of(const Report& report) {
  std::vector<const Figure*> figures;
  for (const Section& section : report.sections) {
    for (const Group& group : section.groups) {
      for (const Figure& figure : group.figures) {
        figures.push_back(&figure);
      }
    }
  }
  return figures;
}

std::string page_html(const Report& report, std::span<const std::string> drawings) {
  return PageWriter(drawings).page(report);
}

}  // namespace hermes::report
