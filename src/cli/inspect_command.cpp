#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "commands.hpp"
#include "hermes/core/error.hpp"
#include "hermes/data/describe.hpp"
#include "hermes/telemetry/closing_table.hpp"
#include "hermes/telemetry/run_summary.hpp"

namespace hermes::cli {
namespace {

namespace fs = std::filesystem;

int inspect(const fs::path& path) {
  if (!fs::exists(path)) {
    throw DataError(path.string() + ": expected an HDF5 file or a run directory, found nothing");
  }
  std::cout << (fs::is_directory(path)
                    ? telemetry::closing_table(telemetry::read_summary(path / "summary.json"))
                    : data::describe_file(path));
  return 0;
}

}  // namespace

void add_inspect(CLI::App& app, Action& action) {
  auto path = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("inspect", "Say what is in a data set, a model or a run directory");
  command->add_option("path", *path, "FILE.h5 or RUN_DIR")->required();
  command->callback([path, &action] { action = [path] { return inspect(*path); }; });
}

}  // namespace hermes::cli
