#pragma once

#include <cstdint>
#include <deque>

#include "hermes/protocol/message.hpp"

namespace hermes::protocol {

struct GateConfig {
  double alpha = -1.3;           ///< first threshold of the z-score
  double beta = 0.1;             ///< decay of the threshold per silent round
  std::uint32_t lambda = 5;      ///< silent rounds before the decay sets in
  std::uint32_t window = 10;     ///< losses that the z-score is taken over
  bool clear_window = true;      ///< forget the losses after a push
  bool reset_threshold = false;  ///< go back to alpha after a push

  friend bool operator==(const GateConfig&, const GateConfig&) = default;
};

/// HermesGUP, the gate that lets only significant updates pass (Hermes paper, section on gradient
/// update push; ALGORITHMS section 1.1). The newest loss is part of its own window, so |z| is at
/// most sqrt(n - 1) for n losses.
class Gate {
 public:
  explicit Gate(const GateConfig& config) : config_(config), threshold_(config.alpha) {}

  struct Decision {
    bool push = false;
    GateReading reading;
  };

  /// Takes the validation loss of one round; it must be finite.
  Decision decide(double loss);

 private:
  GateConfig config_{};
  double threshold_;
  std::deque<double> window_;
  std::uint32_t silent_ = 0;
};

}  // namespace hermes::protocol
