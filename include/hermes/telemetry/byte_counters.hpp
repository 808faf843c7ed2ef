#pragma once

#include <cstdint>

namespace hermes::telemetry {

/// Bytes that have moved since the start of the run, as the transport counts them. `up`, `down` and
/// `data` do not overlap: a byte of training data is in `data` alone.
struct ByteCounters {
  std::uint64_t up = 0;             ///< protocol messages, workers to server
  std::uint64_t down = 0;           ///< protocol messages, server to workers
  std::uint64_t data = 0;           ///< training rows that the server delivered
  std::uint64_t messages_up = 0;    ///< how many messages `up` is made of, heartbeats included
  std::uint64_t messages_down = 0;  ///< likewise `down`

  std::uint64_t total() const { return up + down + data; }
  friend bool operator==(const ByteCounters&, const ByteCounters&) = default;
};

}  // namespace hermes::telemetry
