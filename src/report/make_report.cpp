#include "report/make_report.hpp"

#include <algorithm>

namespace hermes::report {

Detail Detail::of(std::size_t run_count) {
  constexpr std::size_t kPointsOfPage = 30'000;
  constexpr std::size_t kCurvesOfRun = 52;
  constexpr std::size_t kGatesOfPage = 36;
  const std::size_t runs = std::max<std::size_t>(run_count, 1);
  return {.points = std::clamp<std::size_t>(kPointsOfPage / (kCurvesOfRun * runs), 40, 400),
          .workers = runs <= 4 ? std::size_t{12} : std::size_t{6},
          .gates = std::clamp<std::size_t>(kGatesOfPage / runs, 1, 12)};
}

Report make_report(Runs runs) {
  const Detail detail = Detail::of(runs.size());
  Report report;
  for (const RunHistory& run : runs) {
    report.title += (report.title.empty() ? "" : ", ") + run.label;
    report.cards.push_back(card(run));
  }
  for (Section section :
       {learning_section(runs, detail), numbers_section(runs), settings_section(runs),
        time_section(runs), rounds_section(runs, detail), staleness_section(runs),
        gate_section(runs, detail), faults_section(runs)}) {
    if (!section.is_empty()) {
      report.sections.push_back(std::move(section));
    }
  }
  return report;
}

}  // namespace hermes::report
