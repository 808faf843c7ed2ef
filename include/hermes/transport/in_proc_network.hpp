#pragma once

#include <cstdint>
#include <memory>

#include "hermes/transport/local_time.hpp"
#include "hermes/transport/transport.hpp"

namespace hermes::transport {

/// Ranks inside one process: a sent frame lies in the receiver's mailbox at once, its payload
/// uncopied. For tests and for training with one rank.
///
/// Without a clock time stands still until `advance`, and a `wait` that finds nothing moves it on
/// by its whole bound, so a single-threaded loop never sleeps. Endpoints may live in different
/// threads, and longer than the network object. One endpoint for each rank.
class InProcNetwork {
 public:
  InProcNetwork(std::int32_t rank_count, TransportLimits limits, LocalTime time = {});

  std::unique_ptr<Transport> endpoint(Rank rank);
  /// Requires: no clock was given.
  void advance(Duration duration);

 private:
  struct Shared;
  class Endpoint;
  std::shared_ptr<Shared> shared_;
};

}  // namespace hermes::transport
