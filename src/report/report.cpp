#include "hermes/report/report.hpp"

#include <string>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/data/atomic_file.hpp"
#include "report/gnuplot.hpp"
#include "report/make_report.hpp"
#include "report/page.hpp"
#include "report/read_run.hpp"

namespace hermes::report {

std::uint64_t write_report(std::span<const std::filesystem::path> run_directories,
                           const std::filesystem::path& out) {
  if (run_directories.empty() || run_directories.size() > kRunsMax) {
    throw ConfigError("report: expected one to " + std::to_string(kRunsMax) +
                      " run directories, found " + std::to_string(run_directories.size()));
  }
  const std::vector<RunHistory> runs = read_runs(run_directories);
  data::AtomicFile file(out);  // before the work: it may not be possible
  const Report report = make_report(runs);
  const std::string html = page_html(report, draw(figures_of(report)));
  file.write(std::as_bytes(std::span(html)));
  file.commit();
  return html.size();
}

}  // namespace hermes::report
