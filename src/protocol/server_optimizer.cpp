#include "hermes/protocol/server_optimizer.hpp"

#include <cmath>

#include "hermes/core/assert.hpp"
#include "hermes/core/state_archive.hpp"
#include "protocol/merge_kernels.hpp"

namespace hermes::protocol {

void ServerOptimizer::begin(std::size_t parameter_count) {
  ++steps_;
  if (config_.kind != ServerOptimizerKind::Sgd) {
    mean_.resize(parameter_count, 0.0F);
  }
  if (config_.kind == ServerOptimizerKind::Adam) {
    mean_square_.resize(parameter_count, 0.0F);
  }
}

void ServerOptimizer::advance(std::size_t first, std::span<const double> delta,
                              std::span<const float> model, std::span<float> out) {
  HERMES_ASSERT(delta.size() == model.size() && delta.size() == out.size(),
                "server optimizer: blocks of different size");
  if (config_.kind == ServerOptimizerKind::Adam) {
    adam(first, delta, model, out);
    return;
  }
  const double rate = config_.learning_rate;
  if (config_.kind == ServerOptimizerKind::Sgd) {
    step_along(rate, delta, model, out);
    return;
  }
  const double keep = config_.momentum;
  // momentum: 0 d + 1 m; nesterov: 1 d + mu m
  const bool is_nesterov = config_.kind == ServerOptimizerKind::Nesterov;
  const MomentumStep step{.keep = keep,
                          .of_delta = is_nesterov ? rate : 0.0,
                          .of_mean = is_nesterov ? rate * keep : rate};
  step_with_momentum(step, delta, std::span(mean_).subspan(first, delta.size()), model, out);
}

void ServerOptimizer::adam(std::size_t first, std::span<const double> delta,
                           std::span<const float> model, std::span<float> out) {
  const double b1 = config_.momentum;
  const double b2 = config_.beta2;
  const auto steps = static_cast<double>(steps_);
  const double mean_scale = 1.0 / (1.0 - std::pow(b1, steps));
  const double square_scale = 1.0 / (1.0 - std::pow(b2, steps));
  for (std::size_t i = 0; i < delta.size(); ++i) {
    const double m = b1 * static_cast<double>(mean_[first + i]) + (1.0 - b1) * delta[i];
    const double v =
        b2 * static_cast<double>(mean_square_[first + i]) + (1.0 - b2) * delta[i] * delta[i];
    mean_[first + i] = static_cast<float>(m);
    mean_square_[first + i] = static_cast<float>(v);
    const double step = m * mean_scale / (std::sqrt(v * square_scale) + config_.epsilon);
    out[i] = static_cast<float>(static_cast<double>(model[i]) + config_.learning_rate * step);
  }
}

void ServerOptimizer::save(StateWriter& state) const {
  state& mean_& mean_square_& steps_;
}

void ServerOptimizer::load(StateReader& state) {
  state& mean_& mean_square_& steps_;
}

}  // namespace hermes::protocol
