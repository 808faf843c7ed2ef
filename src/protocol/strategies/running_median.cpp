#include "hermes/protocol/strategies/running_median.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "hermes/core/assert.hpp"
#include "hermes/core/state_archive.hpp"
#include "hermes/protocol/strategies/tukey.hpp"

namespace hermes::protocol {

void RunningMedian::add(double value) {
  values_.push_back(value);
  if (values_.size() > kWindow) {
    values_.pop_front();
  }
}

double RunningMedian::last() const {
  HERMES_ASSERT(!values_.empty(), "running median: no values");
  return values_.back();
}

double RunningMedian::value() const {
  HERMES_ASSERT(!values_.empty(), "running median: no values");
  return median(std::vector<double>(values_.begin(), values_.end()));
}

void RunningMedian::save(StateWriter& state) const {
  state& values_;
}

void RunningMedian::load(StateReader& state) {
  state& values_;
  const auto is_time = [](double value) { return value > 0.0 && std::isfinite(value); };
  StateReader::expect(std::ranges::all_of(values_, is_time), "times of rounds above zero");
}

}  // namespace hermes::protocol
