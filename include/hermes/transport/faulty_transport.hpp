#pragma once

#include <deque>

#include "hermes/transport/transport.hpp"

namespace hermes::transport {

/// A transport that fails on demand, for trials: cut off from the network for a while, or with a
/// frame damaged on its way. As on a network that comes back, nothing is lost by a cut: frames wait
/// on both sides. Requires: `inner` outlives this.
class FaultyTransport final : public Transport {
 public:
  explicit FaultyTransport(Transport& inner) : inner_(inner) {}

  void cut_until(Instant end) { cut_end_ = end; }
  /// The next frame with a payload leaves with a wrong checksum.
  void damage_next_payload() { is_to_damage_ = true; }

  Rank rank() const override { return inner_.rank(); }
  std::int32_t rank_count() const override { return inner_.rank_count(); }
  Instant now() const override { return inner_.now(); }
  bool send(Rank to, Frame frame) override;
  std::optional<Received> receive() override;
  void wait(Duration at_most) override;
  void wait_for_frame(Duration about) override;
  void compute(double flops) override { inner_.compute(flops); }
  std::size_t pending_sends(Rank to) const override { return inner_.pending_sends(to); }
  bool flush(Instant deadline) override { return inner_.flush(deadline); }
  void abandon(Rank peer) override { inner_.abandon(peer); }
  const Traffic& traffic(Rank peer) const override { return inner_.traffic(peer); }

 private:
  bool is_cut() const { return inner_.now() < cut_end_; }
  /// What arrives during a cut waits here, so that it does not end `wait`.
  void hold_arrivals();

  Transport& inner_;
  Instant cut_end_{};
  bool is_to_damage_ = false;
  std::deque<Received> held_;
};

}  // namespace hermes::transport
