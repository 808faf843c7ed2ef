#include "hermes/runtime/resumption.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/runtime/model_file.hpp"
#include "hermes/runtime/run_traits.hpp"

namespace hermes::runtime {
namespace {

namespace fs = std::filesystem;

/// The key of a line of TOML and its value, under the table that it stands in.
struct Setting {
  std::string key;
  std::string value;
};

std::vector<Setting> settings_of(const std::string& toml) {
  std::vector<Setting> settings;
  std::istringstream lines(toml);
  std::string table;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) {
      table = line.substr(1, line.find(']') - 1) + '.';
    } else if (const std::size_t equals = line.find(" = "); equals != std::string::npos) {
      settings.push_back({table + line.substr(0, equals), line.substr(equals + 3)});
    }
  }
  return settings;
}

[[noreturn]] void refuse(const fs::path& file, const std::string& what, const std::string& saved,
                         const std::string& now) {
  throw ConfigError(file.string() + ": " + what + ": expected " + saved +
                    ", with which the run was begun, found " + now);
}

void check_settings(const FoundCheckpoint& checkpoint, const std::string& config) {
  const std::vector<Setting> saved = settings_of(checkpoint.content.config);
  const std::vector<Setting> now = settings_of(config);
  for (const Setting& setting : saved) {
    const auto same = std::ranges::find(now, setting.key, &Setting::key);
    if (same == now.end() || same->value != setting.value) {
      refuse(checkpoint.file, "key '" + setting.key + "'", setting.value,
             same == now.end() ? "none" : same->value);
    }
  }
  for (const Setting& setting : now) {
    if (std::ranges::find(saved, setting.key, &Setting::key) == saved.end()) {
      refuse(checkpoint.file, "key '" + setting.key + "'", "none", setting.value);
    }
  }
}

}  // namespace

Checkpoint describe_run(const RunInputs& inputs, std::uint32_t workers) {
  Checkpoint checkpoint;
  checkpoint.model.spec = inputs.model();
  checkpoint.model.loss = inputs.config().train.loss;
  checkpoint.model.run = inputs.config().name;
  checkpoint.model.strategy = inputs.strategy_name();
  checkpoint.config = to_toml(resumable_part(inputs.config()));
  checkpoint.worker_count = workers;
  const data::DatasetInfo& info = inputs.data_info();
  checkpoint.data_set = std::to_string(info.row_count(data::Split::Train)) + " training rows of " +
                        std::to_string(info.features.channels) + " x " +
                        std::to_string(info.features.height) + " x " +
                        std::to_string(info.features.width) + ", content " +
                        fmt::format("{:016x}", info.content_hash);
  return checkpoint;
}

void check_resumable(const FoundCheckpoint& checkpoint, const RunInputs& inputs,
                     std::uint32_t workers) {
  const Checkpoint now = describe_run(inputs, workers);
  const Checkpoint& saved = checkpoint.content;
  if (saved.worker_count != workers) {
    refuse(checkpoint.file, "number of workers", std::to_string(saved.worker_count),
           std::to_string(workers));
  }
  if (saved.model.strategy != now.model.strategy) {
    refuse(checkpoint.file, "strategy", saved.model.strategy, now.model.strategy);
  }
  if (saved.data_set != now.data_set) {
    refuse(checkpoint.file, "data set", saved.data_set, now.data_set);
  }
  if (to_toml(saved.model.spec) != to_toml(now.model.spec)) {
    refuse(checkpoint.file, "model", "'" + saved.model.spec.name + "' as it was",
           "another architecture ('" + now.model.spec.name + "')");
  }
  check_settings(checkpoint, now.config);
}

}  // namespace hermes::runtime
