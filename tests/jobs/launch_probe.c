/* A rank with a planned fate, to test jobs/launch.sh. Usage: launch_probe FATE [CODE]
 * It keeps the launcher's contract: rank 0 makes HERMES_RESULT_FILE when all ranks listen to
 * signals, and leaves its exit code there. */
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t received = 0;

static void remember(int number) {
  received = number;
}

static void report_result(int code) {
  const char* path = getenv("HERMES_RESULT_FILE");
  if (path == NULL) return;
  char temporary[4096];
  snprintf(temporary, sizeof temporary, "%s.tmp", path);
  FILE* file = fopen(temporary, "w");
  if (file == NULL) return;
  fprintf(file, "%d\n", code);
  fclose(file);
  rename(temporary, path);
}

static void report_start(void) {
  const char* path = getenv("HERMES_RESULT_FILE");
  FILE* file = path != NULL ? fopen(path, "a") : NULL;
  if (file != NULL) fclose(file);
}

static void pause_for_ever(void) {
  for (;;) pause();
}

/* After a death MPI_Finalize may hang, so ranks leave by _exit. */
static void leave(int rank, int code) {
  if (rank == 0) report_result(code);
  fflush(NULL);
  _exit(code);
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank = 0;
  int ranks = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  const char* fate = argc > 1 ? argv[1] : "exit";
  const int code = argc > 2 ? atoi(argv[2]) : 0;
  signal(SIGUSR1, remember);
  signal(SIGUSR2, remember);
  MPI_Barrier(MPI_COMM_WORLD);

  if (rank == 0) {
    report_start();
    const char* progress = getenv("HERMES_PROGRESS");
    printf("ready %s\n", progress != NULL ? progress : "unset");
    fflush(stdout);
  }
  if (strcmp(fate, "exit") == 0) {
    if (rank == 0 && code != 0) fprintf(stderr, "probe: one line of its own\n");
    if (rank == 0) report_result(code);
    MPI_Finalize();
    return code;
  }
  if (strcmp(fate, "worker-killed") == 0) {
    if (rank == ranks - 1) raise(SIGKILL);
    sleep(1);
    leave(rank, code);
  }
  if (strcmp(fate, "server-killed") == 0) {
    if (rank == 0) raise(SIGKILL);
    sleep(1);
    leave(rank, 3);
  }
  if (strcmp(fate, "linger") == 0) { /* reports, then some rank never ends */
    if (rank == 0) leave(rank, code);
    pause_for_ever();
  }
  if (strcmp(fate, "deaf") == 0) { /* hears neither TERM nor USR1 */
    signal(SIGTERM, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    pause_for_ever();
  }
  if (strcmp(fate, "signal") == 0) { /* ends when the signal came, on every rank */
    while (received == 0) usleep(1000);
    const int mine = received;
    int least = 0;
    MPI_Allreduce(&mine, &least, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (rank == 0) report_result(least == SIGUSR1 ? 75 : 1);
    MPI_Finalize();
    return 0;
  }
  pause_for_ever();
}
