#pragma once

#include <atomic>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "hermes/protocol/message.hpp"
#include "hermes/runtime/checkpoint.hpp"
#include "hermes/runtime/memory_needs.hpp"
#include "hermes/runtime/run_directory.hpp"
#include "hermes/runtime/run_inputs.hpp"
#include "hermes/runtime/worker_node.hpp"
#include "hermes/telemetry/progress_line.hpp"
#include "hermes/transport/local_time.hpp"
#include "hermes/transport/transport.hpp"

/// The loops of the ranks of a run, from the first message to the last.
namespace hermes::runtime {

struct RunOutcome {
  protocol::StopReason reason = protocol::StopReason::Failed;
  std::string detail;       ///< one line, where there is more to say
  bool peers_lost = false;  ///< somebody was lost on the way: MPI cannot end in good order
  bool is_saved = false;    ///< there is a checkpoint to go on from
  std::optional<SharedParameters> best{};  ///< rank 0: of the model that is saved
};

/// Where a run shows itself, and how it is asked to end. Requires: what it refers to outlives the
/// run.
struct Console {
  std::ostream& screen;
  const std::atomic<bool>& stop;  ///< set by a signal: end in good order
  telemetry::ProgressConfig progress;
  std::string kernels{};               ///< what computes here, for the head of the log
  std::function<void()> kill = [] {};  ///< see FaultInjector
  std::atomic<bool>* asked = nullptr;  ///< set by a signal: show the workers, once
};

/// Rank 0: serves until the end, then tests and saves the best model and writes the summary.
/// With a checkpoint the run goes on from there.
RunOutcome serve(const RunInputs& inputs, const RunDirectory& directory,
                 transport::Transport& transport, const Console& console,
                 const RankMemory& memory = {}, std::optional<Checkpoint> resume = {});

/// Any other rank.
RunOutcome work(const RunInputs& inputs, transport::Transport& transport,
                const WorkerLimits& limits = {});

/// Any other rank to which rank 0 delivers the rows (data.delivery): it asks rank 0 first what the
/// data set is like, and never opens it.
RunOutcome work_without_file(const RunConfig& config, transport::Transport& transport,
                             const WorkerLimits& limits = {});

/// One rank alone: sequential SGD. It is the same server and one worker, in one thread, with the
/// rules of bsp, which for one worker are those of SGD bit for bit.
RunOutcome train_alone(const RunInputs& inputs, const RunDirectory& directory,
                       const Console& console, const WorkerLimits& limits = {},
                       const transport::LocalTime& time = transport::real_time(),
                       std::optional<Checkpoint> resume = {});

/// Rank 0 cannot begin the run or go on with it: the workers shall go home quietly.
void turn_workers_away(transport::Transport& transport, protocol::StopReason reason);

/// A worker found its own input wrong: the server shall know why, and end the run.
void report_bad_input(transport::Transport& transport, const std::string& what);

/// The exit code that the README (exit codes) gives an outcome.
int exit_code(const RunOutcome& outcome);

}  // namespace hermes::runtime
