#pragma once

#include <cstdint>

#include "hermes/nn/network_spec.hpp"
#include "hermes/runtime/run_config.hpp"

namespace hermes::runtime {

/// A hash of what all ranks of a run must agree on: the configuration, the model and what the
/// caller says about the data set. Left out is what may differ from machine to machine: where the
/// files are, the name of the run, memory, BLAS threads, slowdown. Stable across platforms.
std::uint64_t run_fingerprint(const RunConfig& config, const nn::NetworkSpec& model,
                              std::uint64_t data_fingerprint);

}  // namespace hermes::runtime
