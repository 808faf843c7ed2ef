#pragma once

#include <cstdint>

#include "hermes/nn/network_spec.hpp"
#include "hermes/runtime/run_config.hpp"

namespace hermes::runtime {

/// The configuration without what may differ between the ranks of a run: files, which are compared
/// by what is in them, and how a machine is used.
RunConfig common_part(RunConfig config);
/// Without what may change when a run goes on from a checkpoint, too: when to stop and to save, and
/// how long to wait for whom.
RunConfig resumable_part(RunConfig config);

/// A hash of what all ranks of a run must agree on: the configuration, the model and what the
/// caller says about the data set. Left out is what may differ from machine to machine: where the
/// files are, the name of the run, memory, BLAS threads, slowdown. Stable across platforms.
std::uint64_t run_fingerprint(const RunConfig& config, const nn::NetworkSpec& model,
                              std::uint64_t data_fingerprint);

}  // namespace hermes::runtime
