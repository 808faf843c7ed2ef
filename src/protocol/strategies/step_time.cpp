#include "hermes/protocol/strategies/step_time.hpp"

#include <algorithm>
#include <cmath>

#include "hermes/core/assert.hpp"
#include "hermes/core/state_archive.hpp"

namespace hermes::protocol {
namespace {

/// Weight of the newest round: high, for a worker whose speed changes should be noticed in two.
constexpr double kNewest = 0.5;

std::uint64_t ceil_divide(std::uint64_t a, std::uint64_t b) {
  return a / b + (a % b == 0 ? 0 : 1);
}

}  // namespace

void StepTime::observe(std::uint32_t minibatch, std::uint32_t steps, double seconds) {
  HERMES_ASSERT(minibatch > 0 && steps > 0 && seconds > 0.0 && std::isfinite(seconds),
                "step time: an impossible round");
  const double per_step = seconds / static_cast<double>(steps);
  if (minibatch == present_.minibatch) {
    present_.seconds += kNewest * (per_step - present_.seconds);
    return;
  }
  before_ = present_;
  present_ = {minibatch, per_step};
}

double StepTime::step_seconds(std::uint32_t minibatch) const {
  HERMES_ASSERT(is_known(), "step time: no round was observed");
  const auto wanted = static_cast<double>(minibatch);
  const auto present = static_cast<double>(present_.minibatch);
  if (before_.minibatch > 0) {
    const double b =
        (present_.seconds - before_.seconds) / (present - static_cast<double>(before_.minibatch));
    const double a = present_.seconds - b * present;
    if (b > 0.0) {
      return a > 0.0 ? a + b * wanted : present_.seconds * wanted / present;
    }
  }
  const bool has_epochs = round_.unit == RoundLength::Unit::Epochs;
  const double factor = wanted / present;
  return present_.seconds * (has_epochs ? std::max(1.0, factor) : factor);
}

double StepTime::round_seconds(std::uint64_t rows, std::uint32_t minibatch) const {
  HERMES_ASSERT(minibatch > 0, "step time: no mini-batch");
  const double steps = round_.unit == RoundLength::Unit::Steps
                           ? 1.0
                           : static_cast<double>(ceil_divide(rows, minibatch));
  return static_cast<double>(round_.count) * steps * step_seconds(minibatch);
}

std::uint64_t window_rows(std::uint64_t pool_count, std::uint64_t shard_rows) {
  HERMES_ASSERT(pool_count > 0 && shard_rows > 0, "window rows: an empty pool or shard");
  return ceil_divide(pool_count, ceil_divide(pool_count, shard_rows));
}

void StepTime::save(StateWriter& state) const {
  state& present_.minibatch& present_.seconds& before_.minibatch& before_.seconds;
}

void StepTime::load(StateReader& state) {
  state& present_.minibatch& present_.seconds& before_.minibatch& before_.seconds;
  for (const Size& size : {present_, before_}) {
    const bool is_time = size.seconds > 0.0 && std::isfinite(size.seconds);
    StateReader::expect(size.minibatch == 0 || is_time, "times of steps above zero");
  }
}

}  // namespace hermes::protocol
