#include "hermes/data/row_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/support.hpp"

namespace hermes::data {
namespace {

using test::data_error;
using test::TemporaryDirectory;
using testing::HasSubstr;

class RowPlanTest : public testing::Test {
 protected:
  TemporaryDirectory directory_;
};

TEST_F(RowPlanTest, splits_validation_off_the_training_rows) {
  test::write_image_set(directory_ / "a.h5", 1000);
  const Dataset dataset(directory_ / "a.h5");
  RowPlan plan(dataset, 100, 1);
  EXPECT_EQ(plan.training_count(), 900U);
  EXPECT_EQ(plan.validation().split, Split::Train);
  EXPECT_EQ(plan.validation().row_count(), 100U);
  EXPECT_EQ(plan.training().row_count(), 900U);
  EXPECT_EQ(plan.test().split, Split::Test);
  EXPECT_EQ(plan.test().row_count(), 4U);
  const RowSelection all = plan.select({OrderKind::Shuffled, 5, 33, 900});
  EXPECT_EQ(all.ranges, plan.training().ranges);
}

TEST_F(RowPlanTest, uses_the_validation_rows_of_the_file) {
  const auto path = directory_ / "a.h5";
  test::H5Builder(path)
      .put("/train/x", {8, 2}, test::counting_floats(16))
      .put("/train/y", {8}, test::cyclic_labels<int>(8, 2))
      .put("/validation/x", {3, 2}, test::counting_floats(6))
      .put("/validation/y", {3}, test::cyclic_labels<int>(3, 2))
      .put("/test/x", {2, 2}, test::counting_floats(4))
      .put("/test/y", {2}, test::cyclic_labels<int>(2, 2));
  const Dataset dataset(path);
  const RowPlan plan(dataset, 5, 1);
  EXPECT_EQ(plan.training_count(), 8U);
  EXPECT_EQ(plan.validation().split, Split::Validation);
  EXPECT_EQ(plan.validation().row_count(), 3U);
}

TEST_F(RowPlanTest, by_label_reads_labels_once_and_no_features) {
  test::write_image_set(directory_ / "a.h5", 600);
  const Dataset dataset(directory_ / "a.h5");
  RowPlan plan(dataset, 60, 1);
  const RowSelection first = plan.select({OrderKind::ByLabel, 7, 0, 100, {3, 1}});
  plan.select({OrderKind::ByLabel, 7, 100, 100, {3, 1}});
  EXPECT_EQ(dataset.bytes_read(), 600U * sizeof(std::int64_t));
  for (const RowRange& range : first.ranges) {
    EXPECT_EQ(range.first % 3, 0U);  // label of row r is r modulo 3
    EXPECT_EQ(range.count, 1U);
  }
}

TEST_F(RowPlanTest, changing_orders_back_and_forth_changes_nothing) {
  test::write_image_set(directory_ / "a.h5", 2000);
  const Dataset dataset(directory_ / "a.h5");
  RowPlan plan(dataset, 60, 1);
  const Segment segment{OrderKind::Shuffled, 1, 10, 300};
  const RowSelection before = plan.select(segment);
  EXPECT_NE(plan.select({OrderKind::Shuffled, 2, 10, 300}).ranges, before.ranges);
  EXPECT_NE(plan.select({OrderKind::ByLabel, 1, 10, 300}).ranges, before.ranges);
  EXPECT_NE(plan.select({OrderKind::ByLabel, 1, 10, 300, {2, 2}}).ranges,
            plan.select({OrderKind::ByLabel, 1, 10, 300, {4, 1}}).ranges);
  EXPECT_EQ(plan.select(segment).ranges, before.ranges);
}

TEST_F(RowPlanTest, refuses_impossible_sizes) {
  test::write_image_set(directory_ / "a.h5", 100);
  const Dataset dataset(directory_ / "a.h5");
  EXPECT_THAT(data_error([&] { RowPlan(dataset, 0, 1); }),
              HasSubstr("no /validation: expected to split off 1 to 99"));
  EXPECT_THAT(data_error([&] { RowPlan(dataset, 100, 1); }), HasSubstr("validation = 100"));
  RowPlan plan(dataset, 10, 1);
  EXPECT_THAT(data_error([&] {
                plan.select({OrderKind::Shuffled, 0, 0, 91});
              }),
              HasSubstr("expected at most 90 training rows, found 91"));
  for (const LabelPools pools : {LabelPools{0, 1}, LabelPools{1, 0}, LabelPools{91, 1},
                                 LabelPools{10, 10}, LabelPools{std::uint64_t{1} << 63U, 2}}) {
    EXPECT_THAT(data_error([&] {
                  plan.select({OrderKind::ByLabel, 0, 0, 1, pools});
                }),
                HasSubstr("expected 1 to 90 pieces of label pools"));
  }
}

}  // namespace
}  // namespace hermes::data
