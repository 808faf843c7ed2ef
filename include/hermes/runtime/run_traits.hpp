#pragma once

#include <vector>

#include "hermes/nn/network_spec.hpp"
#include "hermes/protocol/run_trait.hpp"
#include "hermes/runtime/run_config.hpp"

namespace hermes::runtime {

/// The configuration without what may differ between the ranks of a run: files, which are compared
/// by what is in them, and how a machine is used.
RunConfig common_part(RunConfig config);
/// Without what may change when a run goes on from a checkpoint, too: when to stop and to save, and
/// how long to wait for whom.
RunConfig resumable_part(RunConfig config);

/// What all ranks of a run must agree on, as far as configuration and model say: each table of
/// config.toml, and the architecture. Left out is what may differ from machine to machine: where
/// the files are, the name of the run, memory, BLAS threads, slowdown. Stable across platforms.
std::vector<protocol::RunTrait> run_traits(const RunConfig& config, const nn::NetworkSpec& model);

}  // namespace hermes::runtime
