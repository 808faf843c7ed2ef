#include "hermes/transport/mpi_environment.hpp"

#include <mpi.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>

#include "hermes/transport/simulator.hpp"
#include "transport/mpi/check.hpp"

namespace hermes::transport {

MpiEnvironment::MpiEnvironment(int& argc, char**& argv)
    : exceptions_at_start_(std::uncaught_exceptions()) {
  // Open MPI writes to the socket of a peer that has just died; that must not end this process.
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  // Under plain mpirun with more ranks than cores MPI would give the core away whenever a look at
  // the mail finds none; ranks sleep by themselves (jobs/launch.sh says more). What is set stays.
  static_cast<void>(::setenv("OMPI_MCA_mpi_yield_when_idle", "0", 0));
  // One thread calls MPI. Whatever level is granted allows that (SimGrid grants the lowest).
  int provided = MPI_THREAD_SINGLE;
  check(MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_.value), "MPI_Comm_rank");
  check(MPI_Comm_size(MPI_COMM_WORLD, &rank_count_), "MPI_Comm_size");
}

MpiEnvironment::~MpiEnvironment() {
  // A simulated rank cannot hang here, and must not be gone while another one sends to it: the
  // simulator would take that for an error.
  if (simulated_rank()) {
    MPI_Finalize();
  } else if (may_finalize_ && std::uncaught_exceptions() == exceptions_at_start_) {
    MPI_Finalize();
  }
}

std::string MpiEnvironment::host_name() {
  std::array<char, MPI_MAX_PROCESSOR_NAME> name{};
  int length = 0;
  check(MPI_Get_processor_name(name.data(), &length), "MPI_Get_processor_name");
  return {name.data(), static_cast<std::size_t>(length)};
}

HostRanks MpiEnvironment::gather_on_host(std::span<const std::uint64_t> values) {
  MPI_Comm host = MPI_COMM_NULL;
  check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host),
        "MPI_Comm_split_type");
  HostRanks ranks;
  check(MPI_Comm_size(host, &ranks.count), "MPI_Comm_size");
  const auto own = static_cast<int>(values.size());
  std::vector<int> counts(static_cast<std::size_t>(ranks.count));
  check(MPI_Allgather(&own, 1, MPI_INT, counts.data(), 1, MPI_INT, host), "MPI_Allgather");
  std::vector<int> offsets(counts.size());
  std::exclusive_scan(counts.begin(), counts.end(), offsets.begin(), 0);
  ranks.values.resize(static_cast<std::size_t>(offsets.back() + counts.back()));
  check(MPI_Allgatherv(values.data(), own, MPI_UINT64_T, ranks.values.data(), counts.data(),
                       offsets.data(), MPI_UINT64_T, host),
        "MPI_Allgatherv");
  check(MPI_Comm_free(&host), "MPI_Comm_free");
  return ranks;
}

void MpiEnvironment::leave_without_finalize(int exit_code) {
  std::fflush(nullptr);
  std::_Exit(exit_code);
}

}  // namespace hermes::transport
