#include "hermes/data/shard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "data/support.hpp"
#include "hermes/core/random.hpp"

namespace hermes::data {
namespace {

using test::data_error;
using test::H5Builder;
using testing::HasSubstr;

constexpr std::size_t kRows = 90;

struct Variant {
  const char* name;
  bool flat;
  bool floats;
  bool channels_last;
  std::size_t channels;
  bool chunked;
};

/// Every storage form against the same obvious formula.
class ShardTest : public testing::TestWithParam<Variant> {
 protected:
  static constexpr std::size_t kHeight = 3;
  static constexpr std::size_t kWidth = 2;

  std::size_t row_size() const {
    return GetParam().channels * (GetParam().flat ? 1 : kHeight * kWidth);
  }

  static float raw(std::size_t row, std::size_t channel, std::size_t h, std::size_t w) {
    return static_cast<float>((row * 31 + channel * 7 + h * 3 + w) % 256);
  }

  /// Values of `rows` rows in the file's order.
  template <class T>
  std::vector<T> file_values(std::size_t rows) const {
    const Variant& v = GetParam();
    std::vector<T> values;
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t i = 0; i < row_size(); ++i) {
        std::size_t c = i, h = 0, w = 0;
        if (!v.flat && v.channels_last) {
          c = i % v.channels, w = i / v.channels % kWidth, h = i / v.channels / kWidth;
        } else if (!v.flat) {
          w = i % kWidth, h = i / kWidth % kHeight, c = i / kWidth / kHeight;
        }
        values.push_back(static_cast<T>(raw(row, c, h, w)));
      }
    }
    return values;
  }

  template <class T>
  void write_file() {
    const Variant& v = GetParam();
    H5Builder builder(path_);
    for (const char* split : {"/train", "/test"}) {
      std::vector<hsize_t> dims{kRows, v.channels, kHeight, kWidth};
      if (v.channels_last) {
        dims = {kRows, kHeight, kWidth, v.channels};
      }
      dims.resize(v.flat ? 2 : 4);
      test::Storage storage;
      if (v.chunked) {
        storage = {dims, true};
        storage.chunk[0] = 8;
      }
      const std::string group = split;
      builder.put(group + "/x", dims, file_values<T>(kRows), storage);
      builder.put(group + "/y", {kRows}, test::cyclic_labels<std::int16_t>(kRows, 10));
      if (v.channels_last) {
        builder.strings(group + "/x", "layout", {"NHWC"});
      }
    }
    for (std::size_t c = 0; c < v.channels; ++c) {
      mean_.push_back(static_cast<double>(c) + 0.5);
      scale_.push_back(1.0 / (2.0 + static_cast<double>(c)));
    }
    builder.numbers("/", "mean", mean_).numbers("/", "scale", scale_);
  }

  void SetUp() override { GetParam().floats ? write_file<float>() : write_file<std::uint8_t>(); }

  void expect_batch(const Shard& shard, const std::vector<std::uint64_t>& rows) const {
    std::vector<std::uint32_t> indices;
    RandomStream random(1, RandomPurpose::Test);
    for (int i = 0; i < 40; ++i) {
      indices.push_back(static_cast<std::uint32_t>(random.below(rows.size())));
    }
    std::vector<float> x(indices.size() * row_size());
    std::vector<std::int32_t> labels(indices.size());
    shard.fill_batch(indices, x, labels);
    std::size_t at = 0;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const std::uint64_t row = rows[indices[i]];
      EXPECT_EQ(labels[i], static_cast<std::int32_t>(row % 10));
      for (std::size_t h = 0; h < (GetParam().flat ? 1 : kHeight); ++h) {
        for (std::size_t w = 0; w < (GetParam().flat ? 1 : kWidth); ++w) {
          for (std::size_t c = 0; c < GetParam().channels; ++c, ++at) {
            const float expected =
                (raw(row, c, h, w) - static_cast<float>(mean_[c])) * static_cast<float>(scale_[c]);
            ASSERT_FLOAT_EQ(x[at], expected) << row << ' ' << c << ' ' << h << ' ' << w;
          }
        }
      }
    }
  }

  test::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_ / "set.h5";
  std::vector<double> mean_;
  std::vector<double> scale_;
};

TEST_P(ShardTest, batches_are_the_rows_of_the_file_normalised_and_channels_last) {
  const Dataset dataset(path_);
  Shard shard(dataset, 10);
  shard.load({Split::Train, {{3, 4}, {11, 1}, {50, 20}}});
  std::vector<std::uint64_t> rows{3, 4, 5, 6, 11};
  for (std::uint64_t row = 50; row < 70; ++row) {
    rows.push_back(row);
  }
  ASSERT_EQ(shard.row_count(), rows.size());
  expect_batch(shard, rows);

  shard.load({Split::Test, {{80, 10}}});
  ASSERT_EQ(shard.row_count(), 10U);
  expect_batch(shard, {80, 81, 82, 83, 84, 85, 86, 87, 88, 89});
}

TEST_P(ShardTest, reads_only_the_rows_of_its_assignment) {
  const Dataset dataset(path_);
  Shard shard(dataset, 10);
  shard.load({Split::Train, {{3, 4}, {50, 20}}});
  EXPECT_EQ(dataset.bytes_read(), 24 * (dataset.info().row_bytes() + sizeof(std::int16_t)));
}

TEST_P(ShardTest, loads_in_slices) {
  const Dataset dataset(path_);
  Shard shard(dataset, 10);
  shard.start({Split::Train, {{0, 2}, {10, 7}}});
  EXPECT_FALSE(shard.load_some(1));
  EXPECT_FALSE(shard.load_some(3));
  EXPECT_FALSE(shard.loaded());
  EXPECT_TRUE(shard.load_some(100));
  expect_batch(shard, {0, 1, 10, 11, 12, 13, 14, 15, 16});
}

TEST_P(ShardTest, appended_rows_are_the_same_as_rows_it_reads) {
  const Dataset dataset(path_);
  const DatasetInfo info = dataset.info();
  Shard shard(info, 10);
  shard.expect(30);
  for (const RowRange range : {RowRange{20, 7}, RowRange{60, 1}, RowRange{62, 22}}) {
    EXPECT_FALSE(shard.loaded());
    AlignedVector<std::byte> features(range.count * info.row_bytes());
    std::vector<std::int32_t> labels(range.count);
    dataset.read_features(Split::Train, range, features);
    dataset.read_labels(Split::Train, range, labels, 10);
    shard.append(features, labels);
  }
  EXPECT_TRUE(shard.loaded());
  std::vector<std::uint64_t> rows{20, 21, 22, 23, 24, 25, 26, 60};
  for (std::uint64_t row = 62; row < 84; ++row) {
    rows.push_back(row);
  }
  expect_batch(shard, rows);
}

INSTANTIATE_TEST_SUITE_P(
    Storage, ShardTest,
    testing::Values(Variant{"bytes_one_channel", false, false, false, 1, true},
                    Variant{"bytes_channels_first", false, false, false, 3, true},
                    Variant{"bytes_channels_last", false, false, true, 3, false},
                    Variant{"bytes_flat", true, false, false, 5, false},
                    Variant{"floats_one_channel", false, true, false, 1, false},
                    Variant{"floats_channels_first", false, true, false, 3, false},
                    Variant{"floats_channels_last", false, true, true, 3, true},
                    Variant{"floats_flat", true, true, false, 5, true}),
    [](const auto& variant) { return variant.param.name; });

TEST(ShardMemoryTest, a_smaller_assignment_uses_the_same_memory) {
  const test::TemporaryDirectory directory;
  test::write_image_set(directory / "a.h5", 200, 3);
  const Dataset dataset(directory / "a.h5");
  Shard shard(dataset, 3);
  shard.load({Split::Train, {{0, 150}}});
  const std::size_t bytes = shard.bytes();
  EXPECT_LE(bytes, shard_bytes(dataset.info(), 150));
  const std::int32_t* labels = std::get<std::span<const std::int32_t>>(shard.targets()).data();
  shard.load({Split::Train, {{20, 100}}});
  EXPECT_EQ(shard.bytes(), bytes);
  EXPECT_EQ(std::get<std::span<const std::int32_t>>(shard.targets()).data(), labels);
  shard.load({Split::Train, {{0, 200}}});
  EXPECT_LE(shard.bytes(), shard_bytes(dataset.info(), 200));
}

TEST(ShardTargetsTest, numbers_come_with_their_rows_whether_read_or_appended) {
  const test::TemporaryDirectory directory;
  const auto path = directory / "a.h5";
  auto numbers = test::counting_floats(20);  // row r: 2 r and 2 r + 1
  H5Builder(path)
      .put("/train/x", {10, 3}, test::counting_floats(30))
      .put("/train/y", {10, 2}, numbers)
      .put("/test/x", {1, 3}, test::counting_floats(3))
      .put("/test/y", {1, 2}, test::counting_floats(2));
  const Dataset dataset(path);
  Shard shard(dataset, 2);
  shard.load({Split::Train, {{2, 3}, {7, 2}}});
  std::vector<float> x(9);
  std::vector<float> y(6);
  const std::vector<std::uint32_t> indices{4, 0, 2};  // rows 8, 2, 4
  shard.fill_batch(indices, x, y);
  EXPECT_EQ(y, (std::vector<float>{16, 17, 4, 5, 8, 9}));
  EXPECT_EQ(x[0], 24.0F);
  EXPECT_LE(shard.bytes(), shard_bytes(dataset.info(), 5));

  Shard appended(dataset.info(), 2);
  appended.expect(2);
  const std::vector<float> rows{1, 2, 3, 4, 5, 6};
  appended.append(std::as_bytes(std::span(rows)), std::vector<float>{7, 8, 9, 10});
  appended.fill_batch(std::vector<std::uint32_t>{1}, std::span(x).first(3), std::span(y).first(2));
  EXPECT_EQ(y[0], 9.0F);
  appended.expect(2);
  EXPECT_THAT(data_error([&] {
                appended.append(std::as_bytes(std::span(rows)),
                                std::vector<float>{7, std::nanf(""), 9, 10});
              }),
              HasSubstr("a.h5: rows: expected finite numbers in y"));
}

TEST(ShardErrorTest, bad_rows_are_named_and_leave_the_shard_empty) {
  const test::TemporaryDirectory directory;
  const auto path = directory / "a.h5";
  auto values = test::counting_floats(40);
  values[5 * 4 + 1] = -std::numeric_limits<float>::infinity();
  auto labels = test::cyclic_labels<int>(10, 4);
  H5Builder(path)
      .put("/train/x", {10, 4}, values)
      .put("/train/y", {10}, labels)
      .put("/test/x", {1, 4}, test::counting_floats(4))
      .put("/test/y", {1}, std::vector<int>{0});
  const Dataset dataset(path);
  Shard shard(dataset, 4);
  shard.load({Split::Train, {{0, 5}, {6, 4}}});
  EXPECT_EQ(shard.row_count(), 9U);
  EXPECT_THAT(data_error([&] {
                shard.load({Split::Train, {{0, 10}}});
              }),
              HasSubstr("/train/x: row 5, column 1: expected a finite number, found -inf"));
  EXPECT_EQ(shard.row_count(), 0U);
  Shard narrow(dataset, 3);
  EXPECT_THAT(data_error([&] {
                narrow.load({Split::Train, {{2, 2}}});
              }),
              HasSubstr("/train/y: row 3: expected a label in [0, 3), found 3"));
}

TEST(ShardErrorTest, bad_appended_rows_are_refused) {
  DatasetInfo info;
  info.path = "a.h5";
  info.features = {2, 1, 1, true};
  info.element_type = ElementType::Float32;
  info.mean = {0.0F};
  info.scale = {1.0F};
  Shard shard(info, 3);
  shard.expect(2);
  const float good[2] = {1.0F, 2.0F};
  const float bad[2] = {1.0F, std::numeric_limits<float>::quiet_NaN()};
  for (const std::int32_t label : {-1, 3}) {
    EXPECT_THAT(
        data_error([&] { shard.append(std::as_bytes(std::span(good)), std::span(&label, 1)); }),
        HasSubstr("a.h5: rows: expected labels in [0, 3), found " + std::to_string(label)));
  }
  const std::int32_t labels[3] = {0, 1, 2};
  EXPECT_THAT(
      data_error([&] { shard.append(std::as_bytes(std::span(bad)), std::span(labels).first(1)); }),
      HasSubstr("expected finite numbers"));
  shard.append(std::as_bytes(std::span(good)), std::span(labels).first(1));
  const float two[4] = {};
  EXPECT_THAT(
      data_error([&] { shard.append(std::as_bytes(std::span(two)), std::span(labels).first(2)); }),
      HasSubstr("rows: expected 2, found more"));
  EXPECT_FALSE(shard.loaded());
  shard.append(std::as_bytes(std::span(good)), std::span(labels).first(1));
  EXPECT_TRUE(shard.loaded());
}

}  // namespace
}  // namespace hermes::data
