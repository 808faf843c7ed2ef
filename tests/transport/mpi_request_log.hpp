#pragma once

#include <cstddef>
#include <set>

/// What this process asked of MPI, seen through MPI's profiling interface: the test executable
/// defines MPI_Isend and the like itself and calls PMPI_Isend.
namespace hermes::transport::testing {

struct MpiRequestLog {
  std::size_t started = 0;
  std::size_t completed = 0;  ///< or cancelled
  std::set<const void*> sent_from;
};

MpiRequestLog& mpi_request_log();

}  // namespace hermes::transport::testing
