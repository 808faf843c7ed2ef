#pragma once

#include <optional>

#include "hermes/data/row_plan.hpp"
#include "hermes/data/row_source.hpp"

namespace hermes::data {

/// Rows read from the data set file in the caller's thread, some in each `advance`.
///
/// Requires: the data set outlives this.
class FileRows final : public RowSource {
 public:
  FileRows(const RowPlan& plan, RowSelection evaluation_rows);

  void start(const RowRequest& request, Shard& shard) override;
  bool advance() override;
  bool is_background() const override { return false; }

 private:
  RowPlan plan_;
  RowSelection evaluation_rows_;
  std::optional<RowRequest> to_select_;  // started, its rows not yet known
  Shard* shard_ = nullptr;
};

}  // namespace hermes::data
