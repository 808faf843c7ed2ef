#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hermes/core/buffer.hpp"

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::protocol {

enum class ServerOptimizerKind : std::uint8_t { Sgd, Momentum, Nesterov, Adam };

struct ServerOptimizerConfig {
  ServerOptimizerKind kind = ServerOptimizerKind::Sgd;
  double learning_rate = 1.0;
  double momentum = 0.9;  ///< momentum, nesterov; the decay of the mean for adam
  double beta2 = 0.99;    ///< adam: decay of the mean square
  double epsilon = 1e-3;  ///< adam: keeps the denominator from zero

  friend bool operator==(const ServerOptimizerConfig&, const ServerOptimizerConfig&) = default;
};

/// Turns what the workers learned into the server's step: a delta d stands for a negative gradient
/// (Reddi et al., ICLR 2021, "Adaptive federated optimization").
///
///     sgd        w += lr d
///     momentum   m = mu m + d,  w += lr m
///     nesterov   m = mu m + d,  w += lr (d + mu m)
///     adam       m = mu m + (1 - mu) d,  v = beta2 v + (1 - beta2) d^2,
///                w += lr m' / (sqrt(v') + epsilon), m' and v' corrected for their start at zero
///
/// Call order: (begin advance*)*, the blocks of one step in any order, each once.
class ServerOptimizer {
 public:
  explicit ServerOptimizer(const ServerOptimizerConfig& config) : config_(config) {}

  /// One step over a model of this many parameters.
  void begin(std::size_t parameter_count);
  /// The block of the model that begins at `first`: out = model moved along the delta. `out` may
  /// be `model`.
  void advance(std::size_t first, std::span<const double> delta, std::span<const float> model,
               std::span<float> out);

  /// For checkpoints.
  void save(StateWriter& state) const;
  void load(StateReader& state);

  /// True when a step is w + d and nothing else.
  bool is_plain() const {
    return config_.kind == ServerOptimizerKind::Sgd && config_.learning_rate == 1.0;
  }

 private:
  void adam(std::size_t first, std::span<const double> delta, std::span<const float> model,
            std::span<float> out);

  ServerOptimizerConfig config_;
  AlignedVector<float> mean_;
  AlignedVector<float> mean_square_;
  std::uint64_t steps_ = 0;
};

}  // namespace hermes::protocol
