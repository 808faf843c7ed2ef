#include "hermes/runtime/run_fingerprint.hpp"

#include "hermes/core/hash.hpp"
#include "hermes/runtime/model_file.hpp"

namespace hermes::runtime {

std::uint64_t run_fingerprint(const RunConfig& config, const nn::NetworkSpec& model,
                              std::uint64_t data_fingerprint) {
  RunConfig common = config;
  const RunConfig defaults;
  common.name = defaults.name;
  common.model_file = defaults.model_file;
  common.data.file = defaults.data.file;
  common.data.prefetch = defaults.data.prefetch;
  common.cluster.threads = defaults.cluster.threads;
  common.allocation.memory = defaults.allocation.memory;
  common.allocation.memory_fraction = defaults.allocation.memory_fraction;
  common.workers = defaults.workers;
  nn::NetworkSpec architecture = model;
  architecture.name.clear();
  return Fnv1a().add(to_toml(common)).add(to_toml(architecture)).add(data_fingerprint).value();
}

}  // namespace hermes::runtime
