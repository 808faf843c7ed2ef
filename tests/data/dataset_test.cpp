#include "hermes/data/dataset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "data/support.hpp"

namespace hermes::data {
namespace {

using test::counting_bytes;
using test::counting_floats;
using test::cyclic_labels;
using test::data_error;
using test::H5Builder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class DatasetTest : public testing::Test {
 protected:
  /// A valid flat float data set, but for the parts given.
  template <class X, class Y>
  void write_flat(const std::vector<hsize_t>& dims, const std::vector<X>& x,
                  const std::vector<hsize_t>& label_dims, const std::vector<Y>& y) {
    H5Builder(path_)
        .put("/train/x", dims, x)
        .put("/train/y", label_dims, y)
        .put("/test/x", {2, 3}, counting_floats(6))
        .put("/test/y", {2}, cyclic_labels<int>(2, 2));
  }
  std::string open_error() const {
    return data_error([&] { Dataset{path_}; });
  }

  test::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_ / "set.h5";
};

TEST_F(DatasetTest, describes_an_image_set) {
  test::write_image_set(path_, 40, 3, {{8, 3, 2, 3}});
  const Dataset dataset(path_);
  const DatasetInfo& info = dataset.info();
  EXPECT_EQ(info.features, (FeatureShape{3, 2, 3, false}));
  EXPECT_EQ(info.element_type, ElementType::Uint8);
  EXPECT_FALSE(info.channels_last);
  EXPECT_THAT(info.rows, ElementsAre(40U, 0U, 4U));
  EXPECT_EQ(info.chunk_rows, 8U);
  EXPECT_EQ(info.row_bytes(), 18U);
  EXPECT_THAT(info.mean, ElementsAre(0.0F, 0.0F, 0.0F));
  EXPECT_THAT(info.scale, testing::Each(1.0F / 255.0F));
  EXPECT_EQ(dataset.class_count(), 3U);
}

TEST_F(DatasetTest, content_tells_sets_of_one_shape_apart) {
  const auto hash_of = [&](float first, int label) {
    std::vector<float> x = counting_floats(300);
    x[0] = first;
    std::vector<int> y = cyclic_labels<int>(100, 2);
    y.back() = label;
    write_flat({100, 3}, x, {100}, y);
    return Dataset(path_).content_hash();
  };
  const std::uint64_t one = hash_of(1.0F, 0);
  EXPECT_EQ(hash_of(1.0F, 0), one);
  EXPECT_NE(hash_of(2.0F, 0), one);
  EXPECT_NE(hash_of(1.0F, 1), one);
}

TEST_F(DatasetTest, reads_attributes_as_h5py_writes_them) {
  H5Builder(path_)
      .put("/train/x", {4, 2, 3, 2}, counting_bytes(48))
      .put("/train/y", {4}, cyclic_labels<std::int8_t>(4, 2))
      .put("/test/x", {4, 2, 3, 2}, counting_bytes(48))
      .put("/test/y", {4}, cyclic_labels<std::uint64_t>(4, 2))
      .strings("/train/x", "layout", {"NHWC"})
      .strings("/test/x", "layout", {"NHWC"})
      .strings("/", "class_names", {"cat", "dog", "größe"})
      .numbers("/", "mean", {1.5, 2.5})
      .numbers("/", "scale", {0.5});
  const Dataset dataset(path_);
  EXPECT_TRUE(dataset.info().channels_last);
  EXPECT_EQ(dataset.info().features, (FeatureShape{2, 2, 3, false}));
  EXPECT_THAT(dataset.info().class_names, ElementsAre("cat", "dog", "größe"));
  EXPECT_EQ(dataset.class_count(), 3U);
  EXPECT_THAT(dataset.info().mean, ElementsAre(1.5F, 2.5F));
  EXPECT_THAT(dataset.info().scale, ElementsAre(0.5F, 0.5F));
}

TEST_F(DatasetTest, reads_fixed_length_class_names) {
  H5Builder(path_)
      .put("/train/x", {2, 1}, counting_floats(2))
      .put("/train/y", {2}, cyclic_labels<int>(2, 2))
      .put("/test/x", {2, 1}, counting_floats(2))
      .put("/test/y", {2}, cyclic_labels<int>(2, 2))
      .fixed_strings("/", "class_names", 4, std::string("ab\0\0cdef", 8));
  EXPECT_THAT(Dataset(path_).info().class_names, ElementsAre("ab", "cdef"));
}

TEST_F(DatasetTest, reads_rows_of_chunked_and_compressed_files) {
  for (const test::Storage& storage :
       {test::Storage{}, test::Storage{{16, 3, 2, 3}}, test::Storage{{7, 2, 1, 3}, true}}) {
    test::write_image_set(path_, 50, 3, storage);
    const Dataset dataset(path_);
    std::vector<std::byte> rows(5UL * 18);
    std::vector<std::int32_t> labels(5);
    dataset.read_features(Split::Train, {21, 5}, rows);
    dataset.read_labels(Split::Train, {21, 5}, labels, 3);
    const auto all = counting_bytes(50UL * 18);
    EXPECT_EQ(std::memcmp(rows.data(), all.data() + 21L * 18, rows.size()), 0);
    EXPECT_THAT(labels, ElementsAre(0, 1, 2, 0, 1));
    EXPECT_EQ(dataset.bytes_read(), 5U * 18U + 5U * 8U);
  }
}

TEST_F(DatasetTest, refuses_what_is_no_whole_hdf5_file) {
  EXPECT_THAT(open_error(), HasSubstr("set.h5: cannot open: No such file"));
  test::write_bytes(path_, "label,a,b\n1,2,3\n");
  EXPECT_THAT(open_error(), HasSubstr("expected an HDF5 file, found no HDF5 signature"));
  test::write_bytes(path_, "");
  EXPECT_THAT(open_error(), HasSubstr("found no HDF5 signature"));
  EXPECT_THAT(data_error([&] { Dataset(path_.parent_path()); }), HasSubstr("no regular file"));
  test::write_image_set(path_, 500);
  const std::string bytes = test::read_bytes(path_);
  test::write_bytes(path_, bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(open_error(), AllOf(HasSubstr("truncated or damaged"), HasSubstr("truncated file")));
}

TEST_F(DatasetTest, survives_damage_at_every_place_of_the_structure) {
  test::write_image_set(path_, 4);
  const std::string bytes = test::read_bytes(path_);
  for (std::size_t i = 0; i < bytes.size(); i += 13) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    test::write_bytes(path_, damaged);
    try {
      const Dataset dataset(path_);
      dataset.check_values(3);
    } catch (const std::exception&) {  // a clear error or still readable, never a crash
    }
  }
}

TEST_F(DatasetTest, names_the_missing_object) {
  { H5Builder builder(path_); }
  EXPECT_THAT(open_error(), HasSubstr("/train: missing group"));
  H5Builder(path_).put("/train/x", {2, 3}, counting_floats(6));
  EXPECT_THAT(open_error(), HasSubstr("/train/y: missing"));
  H5Builder(path_)
      .put("/train/x", {2, 3}, counting_floats(6))
      .put("/train/y", {2}, cyclic_labels<int>(2, 2));
  EXPECT_THAT(open_error(), HasSubstr("/test: missing group"));
}

TEST_F(DatasetTest, names_wrong_shapes_and_types) {
  const auto labels = cyclic_labels<int>(4, 2);
  write_flat({2, 3, 2}, counting_floats(12), {2}, labels);
  EXPECT_THAT(open_error(), AllOf(HasSubstr("/train/x: expected rank 4"), HasSubstr("2 x 3 x 2")));
  write_flat({4, 3}, std::vector<double>(12), {4}, labels);
  EXPECT_THAT(open_error(), HasSubstr("/train/x: expected uint8 or float32, found float64"));
  write_flat({4, 3}, std::vector<std::int8_t>(12), {4}, labels);
  EXPECT_THAT(open_error(), HasSubstr("found int8"));
  write_flat({4, 3}, counting_floats(12), {4}, counting_floats(4));
  EXPECT_THAT(
      open_error(),
      HasSubstr("/test/y: expected 1 of float numbers in a row as in /train/y, found labels"));
  write_flat({4, 3}, counting_floats(12), {4, 1, 1}, counting_floats(4));
  EXPECT_THAT(open_error(), HasSubstr("/train/y: expected rank 1 (N) or 2 (N x numbers), found "
                                      "rank 3 (4 x 1 x 1)"));
  write_flat({4, 3}, counting_floats(12), {4, 0}, counting_floats(0));
  EXPECT_THAT(open_error(), HasSubstr("/train/y: expected 1 to 1048576 numbers in a row"));
  write_flat({4, 3}, counting_floats(12), {4, 1}, labels);
  EXPECT_THAT(open_error(), HasSubstr("/train/y: expected rank 1 (N), found rank 2 (4 x 1)"));
  write_flat({4, 3}, counting_floats(12), {3}, labels);
  EXPECT_THAT(open_error(), HasSubstr("/train/y: expected 4 rows as in /train/x, found 3"));
  write_flat({4, 2}, counting_floats(8), {4}, labels);
  EXPECT_THAT(open_error(), HasSubstr("/test/x: expected rows as in /train/x"));
}

TEST_F(DatasetTest, names_wrong_attributes) {
  const auto with = [&](const std::function<void(H5Builder&)>& change) {
    H5Builder builder(path_);
    builder.put("/train/x", {4, 2, 1, 1}, counting_bytes(8))
        .put("/train/y", {4}, cyclic_labels<int>(4, 2))
        .put("/test/x", {4, 2, 1, 1}, counting_bytes(8))
        .put("/test/y", {4}, cyclic_labels<int>(4, 2));
    change(builder);
  };
  with([](H5Builder& b) { b.numbers("/", "mean", {1, 2, 3}); });
  EXPECT_THAT(open_error(), HasSubstr("attribute mean: expected 1 or 2 values, found 3"));
  with([](H5Builder& b) { b.numbers("/", "scale", {1, std::numeric_limits<double>::infinity()}); });
  EXPECT_THAT(open_error(), HasSubstr("attribute scale: expected finite"));
  with([](H5Builder& b) { b.strings("/", "mean", {"0.5"}); });
  EXPECT_THAT(open_error(), HasSubstr("attribute mean: expected numbers"));
  with([](H5Builder& b) { b.strings("/train/x", "layout", {"CHWN"}); });
  EXPECT_THAT(open_error(), HasSubstr("attribute layout: expected NCHW or NHWC, found CHWN"));
  with([](H5Builder& b) { b.numbers("/", "class_names", {1, 2}); });
  EXPECT_THAT(open_error(), HasSubstr("attribute class_names: expected strings"));
}

TEST_F(DatasetTest, finds_labels_out_of_range_in_every_split) {
  for (const char* bad : {"/train/y", "/test/y"}) {
    for (const std::int64_t label : {std::int64_t{-1}, std::int64_t{3}, std::int64_t{1} << 40}) {
      H5Builder builder(path_);
      for (const char* name : {"/train/y", "/test/y"}) {
        auto labels = cyclic_labels<std::int64_t>(6, 3);
        labels[4] = std::string(name) == bad ? label : labels[4];
        builder.put(name, {6}, labels);
      }
      builder.put("/train/x", {6, 1}, counting_floats(6));
      builder.put("/test/x", {6, 1}, counting_floats(6));
    }
    const Dataset dataset(path_);
    EXPECT_THAT(data_error([&] { dataset.check_values(3); }),
                AllOf(HasSubstr(bad), HasSubstr("row 4: expected a label in [0, 3), found")));
  }
}

TEST_F(DatasetTest, reads_target_numbers_of_both_types_and_ranks) {
  const auto with = [this](const auto& numbers, const std::vector<hsize_t>& dims) {
    H5Builder(path_)
        .put("/train/x", {3, 1}, counting_floats(3))
        .put("/train/y", dims, numbers)
        .put("/test/x", {3, 1}, counting_floats(3))
        .put("/test/y", dims, numbers);
  };
  with(std::vector<double>{0.5, -1.5, 1e300}, {3});
  {
    const Dataset dataset(path_);
    EXPECT_FALSE(dataset.info().has_labels());
    EXPECT_EQ(dataset.info().target_columns, 1U);
    std::vector<float> found(2);
    dataset.read_targets(Split::Test, {0, 2}, found, 0);
    EXPECT_THAT(found, ElementsAre(0.5F, -1.5F));
    EXPECT_THAT(data_error([&] { dataset.check_values(0); }),
                HasSubstr("/train/y: row 2, column 0: expected a finite number, found inf"));
  }
  with(std::vector<float>{1, 2, 3, 4, 5, 6}, {3, 2});
  const Dataset dataset(path_);
  EXPECT_EQ(dataset.info().target_columns, 2U);
  EXPECT_NO_THROW(dataset.check_values(0));
  std::vector<float> found(4);
  dataset.read_targets(Split::Train, {1, 2}, found, 0);
  EXPECT_THAT(found, ElementsAre(3.0F, 4.0F, 5.0F, 6.0F));
}

TEST_F(DatasetTest, finds_a_value_that_is_not_finite_with_its_place) {
  auto values = counting_floats(3000);
  values[1000 * 3 - 4] = std::numeric_limits<float>::quiet_NaN();
  write_flat({1000, 3}, values, {1000}, cyclic_labels<int>(1000, 2));
  const Dataset dataset(path_);
  EXPECT_THAT(data_error([&] { dataset.check_values(2); }),
              HasSubstr("/train/x: row 998, column 2: expected a finite number, found nan"));
  std::vector<std::byte> rows(3UL * 12);
  dataset.read_features(Split::Train, {995, 3}, rows);
  data_error([&] { dataset.read_features(Split::Train, {996, 3}, rows); });
}

TEST_F(DatasetTest, refuses_a_shape_that_the_file_cannot_hold) {
  { H5Builder builder(path_); }
  const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t group = H5Gcreate2(file, "/train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t dims[2] = {hsize_t{1} << 38, 1000};
  const hid_t space = H5Screate_simple(2, dims, nullptr);
  H5Dclose(H5Dcreate2(group, "x", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  H5Sclose(space);
  H5Gclose(group);
  H5Fclose(file);
  EXPECT_THAT(open_error(), HasSubstr("/train/x: expected data for shape"));
}

TEST_F(DatasetTest, refuses_chunks_that_the_file_cannot_hold) {
  const hid_t file = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t group = H5Gcreate2(file, "/train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t dims[2] = {2, 3};
  const hsize_t limit[2] = {H5S_UNLIMITED, 3};
  const hsize_t chunk[2] = {hsize_t{1} << 27, 3};
  const hid_t space = H5Screate_simple(2, dims, limit);
  const hid_t storage = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(storage, 2, chunk);
  H5Dclose(H5Dcreate2(group, "x", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, storage, H5P_DEFAULT));
  H5Pclose(storage);
  H5Sclose(space);
  H5Gclose(group);
  H5Fclose(file);
  EXPECT_THAT(open_error(), HasSubstr("/train/x: expected data for chunks of 134217728 x 3"));
}

TEST_F(DatasetTest, refuses_what_lies_in_other_files) {
  const std::filesystem::path other = path_.parent_path() / "other.h5";
  H5Builder(other).put("/x", {2, 3}, counting_floats(6));
  const hid_t file = H5Fcreate(path_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t group = H5Gcreate2(file, "/train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  H5Lcreate_external(other.c_str(), "/x", group, "x", H5P_DEFAULT, H5P_DEFAULT);
  H5Gclose(group);
  H5Fclose(file);
  EXPECT_THAT(open_error(), HasSubstr("/train/x: opening failed"));

  const hid_t again = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Ldelete(again, "/train/x", H5P_DEFAULT);
  const hsize_t dims[2] = {2, 3};
  const hid_t space = H5Screate_simple(2, dims, nullptr);
  const hid_t storage = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_external(storage, "raw", 0, 24);
  H5Dclose(
      H5Dcreate2(again, "/train/x", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, storage, H5P_DEFAULT));
  H5Pclose(storage);
  H5Sclose(space);
  H5Fclose(again);
  EXPECT_THAT(open_error(), HasSubstr("/train/x: expected values in this file"));
}

}  // namespace
}  // namespace hermes::data
