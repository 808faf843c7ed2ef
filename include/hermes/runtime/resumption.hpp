#pragma once

#include <cstdint>

#include "hermes/runtime/checkpoint.hpp"
#include "hermes/runtime/run_inputs.hpp"

namespace hermes::runtime {

/// What a checkpoint of this run says about it; the states are to be filled in.
Checkpoint describe_run(const RunInputs& inputs, std::uint32_t workers);

/// Throws ConfigError, naming what differs, unless the run can go on from the checkpoint.
void check_resumable(const FoundCheckpoint& checkpoint, const RunInputs& inputs,
                     std::uint32_t workers);

}  // namespace hermes::runtime
