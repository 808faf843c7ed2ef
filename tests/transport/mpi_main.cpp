#include <gtest/gtest.h>
#include <mpi.h>

#include <cstdio>

#include "hermes/transport/mpi_transport.hpp"
#include "transport/mpi_request_log.hpp"
#include "transport/mpi_world.hpp"

namespace hermes::transport::testing {

namespace {

MpiEnvironment* the_environment = nullptr;

/// All that the ranks but 0 print.
class FailurePrinter final : public ::testing::EmptyTestEventListener {
 public:
  explicit FailurePrinter(Rank rank) : rank_(rank) {}

 private:
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (result.failed()) {
      std::printf("rank %d: %s:%d: %s\n", rank_.value, result.file_name(), result.line_number(),
                  result.message());
    }
  }

  Rank rank_;
};

}  // namespace

MpiEnvironment& mpi_environment() {
  return *the_environment;
}

int clear_unreceived() {
  int cleared = 0;
  for (;;) {
    int found = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &found, &status);
    if (found == 0) {
      return cleared;
    }
    int bytes = 0;
    MPI_Get_count(&status, MPI_BYTE, &bytes);
    Bytes sink(static_cast<std::size_t>(bytes));
    MPI_Recv(sink.data(), bytes, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    ++cleared;
  }
}

void MpiWorld::run(const TransportLimits& limits, const Program& program) {
  const auto barrier = [] { MPI_Barrier(MPI_COMM_WORLD); };
  const MpiRequestLog before = mpi_request_log();
  const bool could_finalize = mpi_environment().may_finalize();
  barrier();
  {
    MpiTransport transport(mpi_environment(), limits);
    program(transport, barrier);
    barrier();
  }
  barrier();
  clear_unreceived();
  barrier();
  EXPECT_EQ(mpi_environment().may_finalize(), could_finalize);
  EXPECT_EQ(mpi_request_log().started - before.started,
            mpi_request_log().completed - before.completed)
      << "a request was leaked";
}

}  // namespace hermes::transport::testing

/// Runs the tests on every rank. Each rank fails when one of them does; rank 0 talks.
int main(int argc, char** argv) {
  hermes::transport::MpiEnvironment environment(argc, argv);
  hermes::transport::testing::the_environment = &environment;
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
  if (environment.rank().value != 0) {
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new hermes::transport::testing::FailurePrinter(environment.rank()));
  }
  int failed = RUN_ALL_TESTS();
  MPI_Allreduce(MPI_IN_PLACE, &failed, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  if (!environment.may_finalize()) {
    // A test has forbidden it, but every message has been received.
    MPI_Finalize();
  }
  return failed;
}
