#pragma once

#include <cstdint>
#include <functional>

namespace hermes::protocol {

/// What a worker may be given, and what it should come to.
struct ShardSearch {
  double target = 0.0;     ///< T*, the round time to meet; > 0
  double tolerance = 0.1;  ///< |T - T*| <= tolerance T* meets it
  std::uint64_t rows_min = 1;
  std::uint32_t minibatch_min = 2;  ///< powers of two
  std::uint32_t minibatch_max = 256;
  std::uint32_t minibatch = 16;  ///< the present one
  /// Rows that fit beside a mini-batch; never more for a larger one, and one at least beside the
  /// smallest.
  std::function<std::uint64_t(std::uint32_t minibatch)> rows_max;
  /// T; for each mini-batch never less for more rows. Any function of the mini-batch.
  std::function<double(std::uint64_t rows, std::uint32_t minibatch)> round_seconds;
};

struct ShardChoice {
  std::uint64_t rows = 0;
  std::uint32_t minibatch = 0;
  double seconds = 0.0;  ///< T
  bool fits = false;     ///< T meets T*; else it is the nearest that can be had
};

/// The dual binary search of the Hermes paper (ALGORITHMS section 1.3) over mini-batches m, powers
/// of two from minibatch_min to minibatch_max, and rows r in [rows_min, rows_max(m)].
///
/// Of all pairs (m, r), exactly the one that comes first in this order:
///
///     those that meet T*, if there are any:  most rows
///     else:                                  least |T - T*|, then most rows
///     in both cases then:                    m nearest to the present one, then the smaller m
///
/// The outer binary search finds the largest m that leaves room for rows_min (rows_max falls with
/// m); for each m up to it the inner ones find the best rows (T grows with r). Between two m
/// nothing can be skipped: T need not grow or fall with m. When not even the smallest mini-batch
/// leaves room, the choice is that mini-batch with the rows that do fit, and `fits` is false.
ShardChoice find_shard(const ShardSearch& search);

}  // namespace hermes::protocol
