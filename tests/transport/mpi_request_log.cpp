#include "transport/mpi_request_log.hpp"

#include <mpi.h>

using hermes::transport::testing::mpi_request_log;

namespace hermes::transport::testing {

MpiRequestLog& mpi_request_log() {
  static MpiRequestLog log;
  return log;
}

}  // namespace hermes::transport::testing

int MPI_Isend(const void* data, int count, MPI_Datatype type, int target, int tag, MPI_Comm comm,
              MPI_Request* request) {
  ++mpi_request_log().started;
  mpi_request_log().sent_from.insert(data);
  return PMPI_Isend(data, count, type, target, tag, comm, request);
}

int MPI_Irecv(void* data, int count, MPI_Datatype type, int source, int tag, MPI_Comm comm,
              MPI_Request* request) {
  ++mpi_request_log().started;
  return PMPI_Irecv(data, count, type, source, tag, comm, request);
}

int MPI_Testsome(int count, MPI_Request requests[], int* done, int indices[],
                 MPI_Status statuses[]) {
  const int code = PMPI_Testsome(count, requests, done, indices, statuses);
  mpi_request_log().completed += *done > 0 ? static_cast<std::size_t>(*done) : 0;
  return code;
}

int MPI_Test(MPI_Request* request, int* done, MPI_Status* status) {
  const bool active = *request != MPI_REQUEST_NULL;
  const int code = PMPI_Test(request, done, status);
  mpi_request_log().completed += active && *done != 0 ? 1 : 0;
  return code;
}
