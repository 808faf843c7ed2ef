#include "hermes/runtime/run_directory.hpp"

#include <fstream>
#include <system_error>

#include "hermes/core/error.hpp"

namespace hermes::runtime {
namespace {

namespace fs = std::filesystem;

fs::path first_free(const std::string& name) {
  const fs::path base = fs::path("runs") / name;
  fs::path candidate = base;
  for (int number = 2; fs::exists(candidate); ++number) {
    candidate = base.string() + "-" + std::to_string(number);
  }
  return candidate;
}

}  // namespace

RunDirectory::RunDirectory(const std::optional<fs::path>& wanted, const RunConfig& config,
                           bool resumes)
    : path_(wanted    ? *wanted
            : resumes ? fs::path("runs") / config.name
                      : first_free(config.name)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) {
    throw ConfigError("output directory " + path_.string() +
                      ": expected a directory that can be made, found: " + error.message());
  }
  // What an earlier run left behind must not be taken for this one's result.
  for (const char* stale : {"summary.json", "model.h5"}) {
    fs::remove(path_ / stale, error);
  }
  if (!resumes) {
    fs::remove_all(checkpoints(), error);
    for (const char* stale : {"trace.json", "events.out.tfevents.0.hermes", "report.html"}) {
      fs::remove(path_ / stale, error);
    }
  }
  std::ofstream file(path_ / "config.toml", std::ios::trunc);
  file << to_toml(config);
  if (!file.flush()) {
    throw ConfigError("output directory " + path_.string() +
                      ": expected a directory that can be written to, found none");
  }
}

}  // namespace hermes::runtime
