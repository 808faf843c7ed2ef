// Ping-pong between two ranks: MpiTransport beside plain MPI_Isend and MPI_Irecv of the same sizes,
// in turns in one run. mpirun -n 2 mpi_transport_bench [REPETITIONS]; rank 0 prints a table.

#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "hermes/transport/mpi_transport.hpp"

namespace {

using namespace hermes;
using transport::MpiTransport;

constexpr std::size_t kHeaderBytes = 128;
constexpr int kRawTag = 99;
constexpr int kRounds = 7;  // the best one counts: others share the machine

/// What the transport's job takes at least: a header message, and a payload where there is one.
class RawPeer {
 public:
  RawPeer(int peer, std::size_t bytes) : peer_(peer), out_(bytes), in_(bytes) {}

  void send() {
    start(MPI_Isend, header_out_.data(), header_out_.size());
    start(MPI_Isend, out_.data(), out_.size());
    finish();
  }
  void receive() {
    start(MPI_Irecv, header_in_.data(), header_in_.size());
    start(MPI_Irecv, in_.data(), in_.size());
    finish();
  }

 private:
  template <class Operation, class Byte>
  void start(Operation operation, Byte* data, std::size_t bytes) {
    if (bytes > 0) {
      operation(data, static_cast<int>(bytes), MPI_BYTE, peer_, kRawTag, MPI_COMM_WORLD,
                &requests_[open_++]);
    }
  }
  void finish() {
    int done = 0;
    while (done == 0) {
      MPI_Testall(static_cast<int>(open_), requests_.data(), &done, MPI_STATUSES_IGNORE);
    }
    open_ = 0;
  }

  int peer_;
  std::size_t open_ = 0;
  std::array<MPI_Request, 2> requests_{};
  std::array<std::byte, kHeaderBytes> header_out_{};
  std::array<std::byte, kHeaderBytes> header_in_{};
  AlignedVector<std::byte> out_;
  AlignedVector<std::byte> in_;
};

/// The same through MpiTransport, without sleeps.
class FramePeer {
 public:
  FramePeer(MpiTransport& transport, Rank peer, std::size_t bytes)
      : transport_(transport),
        peer_(peer),
        block_(std::make_shared<const AlignedVector<std::byte>>(bytes)) {}

  void send() {
    while (!transport_.send(peer_, {Bytes(kHeaderBytes), {block_, *block_}})) {
    }
  }
  void receive() {
    while (!transport_.receive()) {
    }
  }

 private:
  MpiTransport& transport_;
  Rank peer_;
  std::shared_ptr<const AlignedVector<std::byte>> block_;
};

/// Seconds for one way.
template <class Peer>
double ping_pong(Peer& peer, bool begins, int repetitions) {
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  for (int i = 0; i < repetitions; ++i) {
    if (begins) {
      peer.send();
      peer.receive();
    } else {
      peer.receive();
      peer.send();
    }
  }
  return (MPI_Wtime() - start) / (2.0 * repetitions);
}

}  // namespace

int main(int argc, char** argv) {
  transport::MpiEnvironment environment(argc, argv);
  if (environment.rank_count() != 2) {
    std::fprintf(stderr, "mpi_transport_bench: needs 2 ranks, found %d\n",
                 environment.rank_count());
    return 2;
  }
  const int repetitions_max = argc > 1 ? std::atoi(argv[1]) : 2000;
  const bool begins = environment.rank().value == 0;
  const Rank peer{1 - environment.rank().value};
  constexpr std::array<std::size_t, 6> kSizes = {0, 4096, 457256, 1048576, 3893288, 4194304};
  {
    MpiTransport transport(environment, {.payload_bytes_max = kSizes.back()});
    if (begins) {
      std::printf("%10s %12s %14s %7s %12s %14s\n", "bytes", "raw us", "transport us", "ratio",
                  "raw MB/s", "transport MB/s");
    }
    for (const std::size_t bytes : kSizes) {
      RawPeer raw(peer.value, bytes);
      FramePeer framed(transport, peer, bytes);
      const int repetitions = std::max(1, bytes > 100000 ? repetitions_max / 20 : repetitions_max);
      double raw_best = 1e9;
      double framed_best = 1e9;
      for (int round = 0; round < kRounds; ++round) {
        raw_best = std::min(raw_best, ping_pong(raw, begins, repetitions));
        framed_best = std::min(framed_best, ping_pong(framed, begins, repetitions));
      }
      if (begins) {
        const auto size = static_cast<double>(bytes);
        std::printf("%10zu %12.2f %14.2f %7.2f %12.0f %14.0f\n", bytes, raw_best * 1e6,
                    framed_best * 1e6, framed_best / raw_best, size / raw_best / 1e6,
                    size / framed_best / 1e6);
      }
    }
    transport.flush(transport.now() + seconds(10.0));
    MPI_Barrier(MPI_COMM_WORLD);
  }
  return 0;
}
