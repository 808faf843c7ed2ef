#include "hermes/runtime/run_traits.hpp"

#include <sstream>
#include <string>
#include <utility>

#include "hermes/core/hash.hpp"
#include "hermes/runtime/model_file.hpp"

namespace hermes::runtime {

RunConfig common_part(RunConfig common) {
  const RunConfig defaults;
  common.name = defaults.name;
  common.model_file = defaults.model_file;
  common.initial_weights = defaults.initial_weights;
  common.data.file = defaults.data.file;
  common.data.prefetch = defaults.data.prefetch;
  common.cluster.threads = defaults.cluster.threads;
  common.allocation.memory = defaults.allocation.memory;
  common.allocation.memory_fraction = defaults.allocation.memory_fraction;
  common.workers = defaults.workers;
  common.faults = defaults.faults;
  common.telemetry = defaults.telemetry;
  return common;
}

RunConfig resumable_part(RunConfig config) {
  RunConfig part = common_part(config);
  part.initial_weights = std::move(config.initial_weights);
  const RunConfig defaults;
  part.stop = defaults.stop;
  part.checkpoint = defaults.checkpoint;
  part.liveness = defaults.liveness;
  return part;
}

std::vector<protocol::RunTrait> run_traits(const RunConfig& config, const nn::NetworkSpec& model) {
  std::vector<protocol::RunTrait> traits{{"seed", 0}};  // the only key above the first table
  Fnv1a hash;
  std::istringstream lines(to_toml(common_part(config)));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) {
      traits.push_back({"table " + line, 0});
      hash = Fnv1a();
    }
    traits.back().hash = hash.add(line).value();
  }
  nn::NetworkSpec architecture = model;
  architecture.name.clear();
  traits.push_back({"model", Fnv1a().add(to_toml(architecture)).value()});
  return traits;
}

}  // namespace hermes::runtime
