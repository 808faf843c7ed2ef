#include "hermes/protocol/liveness.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

namespace hermes::protocol {
namespace {

double median(std::span<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

void SilenceMonitor::heard(Instant now) {
  if (!std::exchange(is_known_, true)) {
    last_ = now;
    return;
  }
  intervals_[count_ % kHistory] = (now - last_).count();
  ++count_;
  last_ = now;

  const std::size_t known = std::min(count_, kHistory);
  std::array<double, kHistory> sorted = intervals_;
  const std::span<double> values(sorted.data(), known);
  const double middle = median(values);
  for (double& value : values) {
    value = std::abs(value - middle);
  }
  const double spread = median(values);
  deadline_ = std::max(floor_, seconds(middle + deviations_ * spread));
}

}  // namespace hermes::protocol
