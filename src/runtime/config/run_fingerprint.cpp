#include "hermes/runtime/run_fingerprint.hpp"

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

std::uint64_t run_fingerprint(const RunConfig& config, const nn::NetworkSpec& model,
                              std::uint64_t data_fingerprint) {
  const RunConfig common = common_part(config);
  nn::NetworkSpec architecture = model;
  architecture.name.clear();
  return Fnv1a().add(to_toml(common)).add(to_toml(architecture)).add(data_fingerprint).value();
}

}  // namespace hermes::runtime
