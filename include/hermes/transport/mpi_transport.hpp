#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "hermes/transport/mpi_environment.hpp"
#include "hermes/transport/transport.hpp"

namespace hermes::transport {

/// Frames between MPI ranks, by non-blocking point-to-point messages only. Payloads leave from the
/// sender's memory and arrive in 64-byte aligned buffers that are used again after their last
/// reader. src/transport/README.md has the order of calls and what happens when a peer dies.
///
/// Requires: `environment` outlives it; at most one in a process; payloads below 2 GiB.
/// Flush before destruction: what is still in MPI's hands then is leaked on purpose (MPI may yet
/// write to it), and `environment` will not finalize.
class MpiTransport final : public Transport {
 public:
  /// Throws TransportError when a limit does not fit MPI's counts.
  MpiTransport(MpiEnvironment& environment, const TransportLimits& limits);
  ~MpiTransport() override;

  Rank rank() const override;
  std::int32_t rank_count() const override;
  Instant now() const override;
  [[nodiscard]] bool send(Rank to, Frame frame) override;
  std::optional<Received> receive() override;
  void wait(Duration at_most) override;
  void wait_for_frame(Duration about) override;
  void compute(double flops) override;
  std::size_t pending_sends(Rank to) const override;
  bool flush(Instant deadline) override;
  void abandon(Rank peer) override;
  const Traffic& traffic(Rank peer) const override;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace hermes::transport
