#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "hermes/core/id.hpp"
#include "hermes/session/neighbours.hpp"
#include "hermes/transport/local_time.hpp"
#include "hermes/transport/mpi_environment.hpp"

/// One process of a run: how it was started, what it may use, and how it ends. What lies between a
/// main function and the loops of hermes/runtime/run_loops.hpp.
namespace hermes::session {

/// Runs `body`. An error becomes one line on standard error and its exit code: 2 for bad input,
/// which rank 0 alone shows as all ranks find it, 3 for any other, which is the rank's own.
int guarded(const std::function<int()>& body);

/// MPI, where a launcher (mpirun, srun) or the simulator has started this process; else one process
/// that trains alone. The first object in main, as it may restart the program with better BLAS
/// kernels (blas_choice.hpp); one per process. From then on SIGINT, SIGTERM and SIGUSR1 end a run
/// in good order, and SIGUSR2 shows its workers. Throws ConfigError where srun has started
/// processes that do not know of each other.
class Session {
 public:
  Session(int& argc, char**& argv);

  Rank rank() const { return mpi_ ? mpi_->rank() : kServerRank; }
  /// 1: trains alone. Else rank 0 is the server.
  std::int32_t rank_count() const { return mpi_ ? mpi_->rank_count() : 1; }
  bool is_server() const { return rank() == kServerRank; }
  /// The clock of a process that trains alone.
  transport::LocalTime local_time() const;
  /// Requires: rank_count() > 1.
  transport::MpiEnvironment& mpi();
  /// As they were at the start. Alone: this process.
  const Neighbours& neighbours() const { return neighbours_; }

  /// Ends the process here with this exit code where MPI cannot end in good order, as a peer was
  /// lost; else returns the code.
  int finish(int code);

 private:
  std::optional<transport::MpiEnvironment> mpi_;
  Neighbours neighbours_;
};

/// What main returns: the exit code of `body`, run guarded in a session. After an error on one rank
/// the launcher ends the others.
int run(int argc, char** argv, const std::function<int(Session&)>& body);

}  // namespace hermes::session
