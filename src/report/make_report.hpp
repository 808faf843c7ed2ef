#pragma once

#include <cstddef>
#include <span>

#include "report/report_model.hpp"
#include "report/run_history.hpp"

namespace hermes::report {

using Runs = std::span<const RunHistory>;

/// How much of each run is drawn, so that a page stays small however many runs it is about and
/// however long they were.
struct Detail {
  std::size_t points;   ///< of a curve
  std::size_t workers;  ///< that share a figure
  std::size_t gates;    ///< workers whose gate is drawn, of each run

  static Detail of(std::size_t run_count);
};

/// What the page says about these runs.
Report make_report(Runs runs);

// Its parts; a section about which the runs say nothing is empty.
Card card(const RunHistory& run);
Section numbers_section(Runs runs);
Section settings_section(Runs runs);
Section learning_section(Runs runs, const Detail& detail);
Section time_section(Runs runs);
Section rounds_section(Runs runs, const Detail& detail);
Section staleness_section(Runs runs);
Section gate_section(Runs runs, const Detail& detail);
Section faults_section(Runs runs);

}  // namespace hermes::report
