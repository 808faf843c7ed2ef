#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "hermes/report/report.hpp"
#include "hermes/telemetry/human_units.hpp"

namespace hermes::cli {
namespace {

namespace fs = std::filesystem;

struct ReportOptions {
  std::vector<std::string> runs;
  std::string out;
};

int report(const ReportOptions& options) {
  const std::vector<fs::path> runs(options.runs.begin(), options.runs.end());
  const fs::path out = options.out.empty() ? runs.front() / "report.html" : fs::path(options.out);
  const std::uint64_t bytes = report::write_report(runs, out);
  std::cout << out.string() << ": " << telemetry::counted(runs.size(), "run") << ", "
            << telemetry::human_bytes(bytes) << std::endl;
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command =
      app.add_subcommand("report", "Draw what runs did, and how they compare, as one HTML page");
  command->add_option("runs", options->runs, "RUN_DIR ...: up to 16 run directories")->required();
  command->add_option("--out", options->out, "the page (report.html in the first run directory)");
  command->callback([options, &action] { action = [options] { return report(*options); }; });
}

}  // namespace hermes::cli
