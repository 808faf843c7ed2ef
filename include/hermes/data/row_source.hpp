#pragma once

#include <variant>

#include "hermes/data/row_order.hpp"
#include "hermes/data/shard.hpp"

namespace hermes::data {

/// The fixed validation rows that gate, merge weights and stopping look at.
struct EvaluationRows {
  friend bool operator==(const EvaluationRows&, const EvaluationRows&) = default;
};

/// What a shard can be filled with.
using RowRequest = std::variant<EvaluationRows, Segment>;

/// Fills shards with rows, a slice at a time, one request after another. The rows of a request are
/// the same whatever source they come from.
///
/// Call order: (start advance*)*. Nobody but the source touches the shard from `start` until
/// `advance` returns true or another request is started; the shard outlives that.
class RowSource {
 public:
  RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  virtual ~RowSource() = default;

  /// Begins to fill the shard. A request that was not finished is given up.
  virtual void start(const RowRequest& request, Shard& shard) = 0;
  /// True when all rows are there. Never blocks longer than a slice takes to be read.
  /// Throws DataError for rows that cannot be read.
  virtual bool advance() = 0;
  /// The rows come by themselves, while the caller does something else; `advance` only looks.
  virtual bool is_background() const = 0;
};

}  // namespace hermes::data
