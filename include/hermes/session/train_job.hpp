#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "hermes/runtime/run_config.hpp"
#include "hermes/runtime/run_inputs.hpp"
#include "hermes/runtime/run_loops.hpp"
#include "hermes/session/session.hpp"

namespace hermes::session {

/// A run to be made.
struct TrainJob {
  std::string origin;                          ///< of the configuration, in messages
  std::function<runtime::RunConfig()> config;  ///< may throw hermes::Error
  runtime::OwnParts own{};                     ///< needs data.delivery = file
  std::optional<std::filesystem::path> out{};  ///< run directory; none: runs/NAME
  bool resume = false;                         ///< from the newest checkpoint, if there is one
  bool quiet = false;                          ///< no progress on the screen
};

struct TrainResult {
  int exit_code = 0;
  runtime::RunOutcome outcome;
};

/// This rank's part of a run, from checking its input to the last message. Every rank calls it at
/// the same time. What is wrong with the input is found before the first message; on a worker it
/// becomes the server's exit code 2. Throws hermes::Error where there is nobody to tell.
TrainResult train(Session& session, const TrainJob& job);

}  // namespace hermes::session
