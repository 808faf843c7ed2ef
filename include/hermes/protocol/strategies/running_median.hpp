#pragma once

#include <cstddef>
#include <deque>

namespace hermes {
class StateReader;
class StateWriter;
}  // namespace hermes

namespace hermes::protocol {

/// The median of the last few values: how long a worker's rounds take these days, whatever a
/// single one of them did. The running median over all workers, T* of the allocation (ALGORITHMS
/// section 1.3), is the median of their RunningMedians, so that workers with many short rounds
/// count no more than others.
class RunningMedian {
 public:
  static constexpr std::size_t kWindow = 5;

  void add(double value);
  /// Forgets all values.
  void clear() { values_.clear(); }

  /// For checkpoints.
  void save(StateWriter& state) const;
  void load(StateReader& state);

  bool empty() const { return values_.empty(); }
  /// The newest value; not empty.
  double last() const;
  /// The median of the last kWindow values, or of as many as there are; not empty.
  double value() const;

 private:
  std::deque<double> values_{};
};

}  // namespace hermes::protocol
