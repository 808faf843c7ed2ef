#pragma once

#include <cstdint>
#include <deque>

#include "hermes/core/random.hpp"
#include "hermes/protocol/message.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::protocol {

/// What decides. Coin and period are controls for experiments: a gate that is worth its name beats
/// a coin of the same rate.
enum class GateKind : std::uint8_t { ZScore, Coin, Period };

struct GateConfig {
  GateKind kind = GateKind::ZScore;
  double push_probability = 0.25;  ///< coin
  std::uint32_t push_period = 4;   ///< period: every so many rounds
  std::uint32_t max_silent = 0;    ///< zscore: push anyway in this silent round; 0: never
  double alpha = -1.3;             ///< first threshold of the z-score
  double beta = 0.1;               ///< decay of the threshold per silent round
  std::uint32_t lambda = 5;        ///< silent rounds before the decay sets in
  std::uint32_t window = 10;       ///< losses that the z-score is taken over
  bool clear_window = true;        ///< forget the losses after a push
  bool reset_threshold = false;    ///< go back to alpha after a push

  friend bool operator==(const GateConfig&, const GateConfig&) = default;
};

/// HermesGUP, the gate that lets only significant updates pass (Hermes paper, section on gradient
/// update push; ALGORITHMS section 1.1). The newest loss is part of its own window, so |z| is at
/// most sqrt(n - 1) for n losses. An infinite alpha opens the gate: every round passes.
class Gate {
 public:
  /// `coin` is what a gate of that kind tosses.
  Gate(const GateConfig& config, const RandomStream& coin)
      : config_(config), coin_(coin), threshold_(config.alpha) {}

  struct Decision {
    bool push = false;
    GateReading reading;
  };

  /// Takes the validation loss of one round; it must be finite.
  Decision decide(double loss);

  /// For checkpoints.
  void save(StateWriter& state) const;
  void load(StateReader& state);

 private:
  GateCause cause_of(double z);

  GateConfig config_{};
  RandomStream coin_;
  double threshold_;
  std::deque<double> window_;
  std::uint32_t silent_ = 0;
};

}  // namespace hermes::protocol
