#pragma once

#include <span>

namespace hermes::protocol {

/// The value below which a part `p` of the values lies, by linear interpolation between the two
/// nearest in order: of n values, x_(1 + (n - 1) p) (Hyndman and Fan 1996, type 7). `values` not
/// empty, in any order; p in [0, 1].
double quantile(std::span<const double> values, double p);

/// quantile(values, 0.5); of an even number of values the mean of the middle two.
double median(std::span<const double> values);

/// What lies between two fences, these included, belongs to the others.
struct Fences {
  enum class Kind {
    Tukey,  ///< Q1 - 1.5 IQR and Q3 + 1.5 IQR
    Ratio,  ///< median / 1.5 and median * 1.5: too few others for quartiles
  };
  Kind kind = Kind::Tukey;
  double low = 0.0;
  double high = 0.0;
};

/// The fences around the round times of the other workers (ALGORITHMS section 1.3): Tukey's for
/// four and more, else the ratio to the median. `others` not empty, each > 0.
Fences fences_of(std::span<const double> others);

/// Outlying values lie outside the fences of the others.
bool is_outlier(double value, const Fences& fences);

}  // namespace hermes::protocol
