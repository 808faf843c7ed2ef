#include "hermes/data/row_plan.hpp"

#include <string>

#include "hermes/core/error.hpp"

namespace hermes::data {
namespace {

RowSelection whole(Split split, std::uint64_t rows) {
  RowSelection selection{split, {}};
  if (rows > 0) {
    selection.ranges.push_back({0, rows});
  }
  return selection;
}

}  // namespace

RowPlan::RowPlan(const Dataset& dataset, std::uint64_t validation_count, std::uint64_t run_seed)
    : dataset_(&dataset) {
  const DatasetInfo& info = dataset.info();
  const std::uint64_t rows = info.row_count(Split::Train);
  const std::uint64_t own_validation = info.row_count(Split::Validation);
  if (own_validation == 0 && (validation_count == 0 || validation_count >= rows)) {
    throw DataError(info.path.string() + ": no /validation: expected to split off 1 to " +
                    std::to_string(rows - 1) + " of the rows of /train, found validation = " +
                    std::to_string(validation_count));
  }
  TrainingDivision division = divide_rows(rows, block_rows(rows, info.chunk_rows),
                                          own_validation > 0 ? 0 : validation_count, run_seed);
  validation_ = own_validation > 0 ? whole(Split::Validation, own_validation)
                                   : RowSelection{Split::Train, std::move(division.validation)};
  blocks_ = std::move(division.training);
  training_count_ = own_validation > 0 ? rows : rows - validation_count;
}

RowSelection RowPlan::training() const {
  return {Split::Train, joined(blocks_)};
}

RowSelection RowPlan::test() const {
  return whole(Split::Test, dataset_->info().row_count(Split::Test));
}

RowSelection RowPlan::select(const Segment& segment) {
  if (segment.count > training_count_) {
    throw DataError(dataset_->info().path.string() + ": assignment: expected at most " +
                    std::to_string(training_count_) + " training rows, found " +
                    std::to_string(segment.count));
  }
  const LabelPools& pools = segment.label_pools;
  if (pools.pools == 0 || pools.pieces == 0 || pools.pools > training_count_ / pools.pieces) {
    throw DataError(dataset_->info().path.string() + ": assignment: expected 1 to " +
                    std::to_string(training_count_) + " pieces of label pools, found " +
                    std::to_string(pools.pools) + " pools of " + std::to_string(pools.pieces));
  }
  return {Split::Train, order_of(segment).rows(segment.first, segment.count)};
}

const RowOrder& RowPlan::order_of(const Segment& segment) {
  const bool same = order_.has_value() && ordered_.kind == segment.kind &&
                    ordered_.order_seed == segment.order_seed &&
                    ordered_.label_pools == segment.label_pools;
  if (!same) {
    if (segment.kind == OrderKind::ByLabel) {
      std::vector<std::int32_t> labels(dataset_->info().row_count(Split::Train));
      dataset_->read_labels(Split::Train, {0, labels.size()}, labels, 0);
      order_ = RowOrder::by_label(blocks_, labels, segment.label_pools, segment.order_seed);
    } else {
      order_ = RowOrder::shuffled(blocks_, segment.order_seed);
    }
    ordered_ = segment;
  }
  return *order_;
}

}  // namespace hermes::data
