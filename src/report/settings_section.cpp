#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "report/make_report.hpp"

namespace hermes::report {
namespace {

constexpr std::size_t kKeysMax = 150;

}  // namespace

Section settings_section(Runs runs) {
  Section section{.id = "settings", .heading = "What was configured differently"};
  if (runs.size() < 2) {
    return section;
  }
  std::set<std::string> keys;
  Table table{.caption = "Keys of config.toml with different values", .is_text = true};
  table.columns.emplace_back("Key");
  for (const RunHistory& run : runs) {
    table.columns.push_back(run.label);
    for (const auto& [key, value] : run.settings) {
      keys.insert(key);
    }
  }
  std::size_t more = 0;
  for (const std::string& key : keys) {
    TableRow row{.heading = key};
    for (const RunHistory& run : runs) {
      const auto found = run.settings.find(key);
      row.cells.push_back({found == run.settings.end() ? "\u2013" : found->second});
    }
    const bool differs = std::any_of(row.cells.begin(), row.cells.end(), [&row](const Cell& cell) {
      return cell.text != row.cells.front().text;
    });
    if (differs && table.rows.size() < kKeysMax) {
      table.rows.push_back(std::move(row));
    } else if (differs) {
      ++more;
    }
  }
  if (table.rows.empty()) {
    section.text = "Nothing: every key of config.toml has the same value.";
  } else {
    section.text = "The keys of config.toml that differ; all others are the same." +
                   (more > 0 ? " " + std::to_string(more) + " more keys differ." : "");
  }
  section.tables.push_back(std::move(table));
  return section;
}

}  // namespace hermes::report
