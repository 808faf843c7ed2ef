#include "hermes/transport/mpi_environment.hpp"

#include <mpi.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "transport/mpi/check.hpp"

namespace hermes::transport {

MpiEnvironment::MpiEnvironment(int& argc, char**& argv)
    : exceptions_at_start_(std::uncaught_exceptions()) {
  // Open MPI writes to the socket of a peer that has just died; that must not end this process.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  // One thread calls MPI. Whatever level is granted allows that (SimGrid grants the lowest).
  int provided = MPI_THREAD_SINGLE;
  check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_.value), "MPI_Comm_rank");
  check(MPI_Comm_size(MPI_COMM_WORLD, &rank_count_), "MPI_Comm_size");
}

MpiEnvironment::~MpiEnvironment() {
  if (may_finalize_ && std::uncaught_exceptions() == exceptions_at_start_) {
    MPI_Finalize();
  }
}

void MpiEnvironment::leave_without_finalize(int exit_code) {
  std::fflush(nullptr);
  std::_Exit(exit_code);
}

}  // namespace hermes::transport
