// Ping-pong between two ranks: MpiTransport beside plain MPI_Isend and MPI_Irecv of the same sizes,
// in turns in one run. mpirun -n 2 mpi_transport_bench [REPETITIONS]; rank 0 prints a table:
//   fraction    of the raw bandwidth that the transport reaches, as the median of the pairs
//   + us        by which a round trip is longer than the raw one

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
constexpr std::size_t kPairs = 9;  // of which the median counts: others share the machine

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

/// Seconds for a round trip.
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
  return (MPI_Wtime() - start) / repetitions;
}

double median(std::array<double, kPairs> values) {
  std::ranges::nth_element(values, values.begin() + kPairs / 2);
  return values[kPairs / 2];
}

void print_row(std::size_t bytes, const std::array<double, kPairs>& raw,
               const std::array<double, kPairs>& framed) {
  std::array<double, kPairs> fractions{};
  std::array<double, kPairs> longer{};
  for (std::size_t i = 0; i < kPairs; ++i) {
    fractions[i] = raw[i] / framed[i];
    longer[i] = framed[i] - raw[i];
  }
  const double megabytes = 2.0 * static_cast<double>(bytes) * 1e-6;
  std::printf("%10zu %10.2f %14.2f %8.2f %10.0f %16.0f %10.2f\n", bytes, median(raw) * 1e6,
              median(framed) * 1e6, median(longer) * 1e6, megabytes / median(raw),
              megabytes / median(framed), median(fractions));
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
  MpiTransport transport(environment, {.payload_bytes_max = kSizes.back()});
  if (begins) {
    std::printf("%10s %10s %14s %8s %10s %16s %10s\n", "bytes", "raw us", "transport us", "+ us",
                "raw MB/s", "transport MB/s", "fraction");
  }
  for (const std::size_t bytes : kSizes) {
    RawPeer raw(peer.value, bytes);
    FramePeer framed(transport, peer, bytes);
    const int repetitions = std::max(1, bytes > 100000 ? repetitions_max / 20 : repetitions_max);
    ping_pong(raw, begins, repetitions);  // pages and caches warm up
    ping_pong(framed, begins, repetitions);
    std::array<double, kPairs> raw_times{};
    std::array<double, kPairs> framed_times{};
    for (std::size_t pair = 0; pair < kPairs; ++pair) {
      raw_times[pair] = ping_pong(raw, begins, repetitions);
      framed_times[pair] = ping_pong(framed, begins, repetitions);
    }
    if (begins) {
      print_row(bytes, raw_times, framed_times);
    }
  }
  transport.flush(transport.now() + seconds(10.0));
  MPI_Barrier(MPI_COMM_WORLD);
  return 0;
}
