#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/figure.hpp"

/// What the page says, as data. Texts are plain text from anywhere; writing HTML escapes them.
namespace hermes::report {

struct Cell {
  std::string text{};
  bool is_best = false;
};

struct TableRow {
  std::string heading{};
  std::vector<Cell> cells{};  ///< none: the heading stands above the rows that follow
};

struct Table {
  std::string caption{};               ///< for who cannot see it
  std::vector<std::string> columns{};  ///< the first is above the row headings
  std::vector<TableRow> rows{};
  bool is_text = false;  ///< cells are words: flush left
};

struct LegendEntry {
  std::string text{};
  Look look = Look::Line;
  Pen pen{};
  bool is_area = false;
};

/// What is read together; its figures share a legend.
struct Group {
  std::string heading{};  ///< may be empty
  std::string text{};     ///< may be empty
  std::vector<LegendEntry> legend{};
  std::vector<Figure> figures{};
  std::vector<Table> tables{};
  bool is_small = false;  ///< many small figures instead of a few large ones
};

struct Section {
  std::string id{};
  std::string heading{};
  std::string text{};  ///< how to read it
  std::vector<Table> tables{};
  std::vector<Group> groups{};

  bool is_empty() const { return tables.empty() && groups.empty(); }
};

enum class Ending { Well, Early, Badly };

/// A run at one glance.
struct Card {
  std::string label{};
  std::string path{};
  std::string strategy{};
  Ending ending = Ending::Well;
  std::string ended{};
  std::vector<std::pair<std::string, std::string>> facts{};  ///< name, value
};

struct Report {
  std::string title{};
  std::vector<Card> cards{};
  std::vector<Section> sections{};
};

}  // namespace hermes::report
