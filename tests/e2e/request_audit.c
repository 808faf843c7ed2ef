/* Preloaded into every rank of a run: keeps account of what the program asks of MPI, through MPI's
 * profiling interface. When the rank ends, with or without MPI_Finalize, $REQUEST_AUDIT/RANK has a
 * line "started completed", and for each request that is still open one with the rank of its peer
 * (-1: any). Single-threaded, as the program's use of MPI. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OPEN_MAX_REQUESTS 65536

struct open_request {
  MPI_Request request;
  int peer;
};

static struct open_request open_requests[OPEN_MAX_REQUESTS];
static MPI_Request asked[OPEN_MAX_REQUESTS];
static int open_count = 0;
static long started = 0;
static long completed = 0;

static void begin(MPI_Request request, int peer) {
  ++started;
  if (open_count == OPEN_MAX_REQUESTS) {
    fprintf(stderr, "request audit: too many open requests\n");
    abort();
  }
  open_requests[open_count].request = request;
  open_requests[open_count].peer = peer;
  ++open_count;
}

static void end(MPI_Request request) {
  ++completed;
  for (int i = 0; i < open_count; ++i) {
    if (open_requests[i].request == request) {
      open_requests[i] = open_requests[--open_count];
      return;
    }
  }
  fprintf(stderr, "request audit: a request that was never started has completed\n");
  abort();
}

static void write_account(void) {
  static int rank = -1;
  char name[4096];
  const char* directory = getenv("REQUEST_AUDIT");
  if (rank < 0) {
    PMPI_Comm_rank(MPI_COMM_WORLD, &rank);
  }
  if (directory == NULL || snprintf(name, sizeof name, "%s/%d", directory, rank) < 0) {
    return;
  }
  FILE* file = fopen(name, "w");
  if (file == NULL) {
    return;
  }
  fprintf(file, "%ld %ld\n", started, completed);
  for (int i = 0; i < open_count; ++i) {
    fprintf(file, "%d\n", open_requests[i].peer);
  }
  fclose(file);
}

int MPI_Isend(const void* data, int count, MPI_Datatype type, int target, int tag, MPI_Comm comm,
              MPI_Request* request) {
  const int code = PMPI_Isend(data, count, type, target, tag, comm, request);
  begin(*request, target);
  return code;
}

int MPI_Irecv(void* data, int count, MPI_Datatype type, int source, int tag, MPI_Comm comm,
              MPI_Request* request) {
  const int code = PMPI_Irecv(data, count, type, source, tag, comm, request);
  begin(*request, source < 0 ? -1 : source);
  return code;
}

int MPI_Testsome(int count, MPI_Request requests[], int* done, int indices[],
                 MPI_Status statuses[]) {
  for (int i = 0; i < count && i < OPEN_MAX_REQUESTS; ++i) {
    asked[i] = requests[i];
  }
  const int code = PMPI_Testsome(count, requests, done, indices, statuses);
  for (int i = 0; i < *done; ++i) {
    end(asked[indices[i]]);
  }
  return code;
}

int MPI_Test(MPI_Request* request, int* done, MPI_Status* status) {
  const MPI_Request before = *request;
  const int code = PMPI_Test(request, done, status);
  if (before != MPI_REQUEST_NULL && *done) {
    end(before);
  }
  return code;
}

int MPI_Finalize(void) {
  write_account();
  return PMPI_Finalize();
}

/* Where a peer was lost, nobody calls MPI_Finalize. */
void _Exit(int code) {
  write_account();
  _exit(code);
}
