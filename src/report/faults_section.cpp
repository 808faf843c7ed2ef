#include <spdlog/fmt/fmt.h>

#include <utility>

#include "hermes/core/time.hpp"
#include "hermes/telemetry/human_units.hpp"
#include "report/make_report.hpp"

namespace hermes::report {
namespace {

constexpr std::size_t kRowsOfPage = 240;

std::string said_of(const RunHistory& run) {
  std::string text;
  if (run.summary && run.summary->workers_lost > 0) {
    text += fmt::format("{} lost, {} returned. ",
                        telemetry::counted(run.summary->workers_lost, "worker"),
                        run.summary->workers_returned);
  }
  if (run.summary && !run.summary->rejected_reports.empty()) {
    text += "Rejected reports:";
    for (const auto& [reason, count] : run.summary->rejected_reports) {
      text +=
          fmt::format("{} {} {}", text.back() == ':' ? "" : ",", telemetry::grouped(count), reason);
    }
    text += ".";
  }
  return text;
}

Table table_of(const RunHistory& run, std::size_t rows_max) {
  Table table{.caption = run.label + ": warnings of hermes.log", .is_text = true};
  table.columns = {"At", "What hermes.log says"};
  for (const Event& event : run.log.events) {
    if (table.rows.size() == rows_max) {
      break;
    }
    table.rows.push_back({telemetry::human_duration(Duration(event.seconds)), {{event.text}}});
  }
  return table;
}

}  // namespace

Section faults_section(Runs runs) {
  Section section{.id = "faults", .heading = "Faults and warnings"};
  const std::size_t rows_max = kRowsOfPage / runs.size();
  for (const RunHistory& run : runs) {
    Group group{.heading = run.label, .text = said_of(run)};
    if (!run.log.events.empty()) {
      Table table = table_of(run, rows_max);
      if (run.log.event_count > table.rows.size()) {
        group.text += fmt::format(" The first {} of {} lines.", table.rows.size(),
                                  telemetry::grouped(run.log.event_count));
      }
      group.tables.push_back(std::move(table));
    }
    if (!group.text.empty() || !group.tables.empty()) {
      section.groups.push_back(std::move(group));
    }
  }
  return section;
}

}  // namespace hermes::report
