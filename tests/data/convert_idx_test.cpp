#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "data/support.hpp"
#include "hermes/data/convert.hpp"
#include "hermes/data/shard.hpp"

namespace hermes::data {
namespace {

using test::data_error;
using test::write_bytes;
using testing::AllOf;
using testing::HasSubstr;

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

/// count images of 2 x 3; image i has pixels i, i + 1, ..., and label i % 4.
std::string images(std::uint32_t count, std::uint32_t magic = 0x803) {
  std::string bytes = big_endian(magic) + big_endian(count) + big_endian(2) + big_endian(3);
  for (std::uint32_t i = 0; i < count * 6; ++i) {
    bytes += static_cast<char>(i / 6 + i % 6);
  }
  return bytes;
}

std::string labels(std::uint32_t count, std::uint32_t magic = 0x801) {
  std::string bytes = big_endian(magic) + big_endian(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    bytes += static_cast<char>(i % 4);
  }
  return bytes;
}

class ConvertIdxTest : public testing::Test {
 protected:
  ConvertIdxTest() {
    write_bytes(files_.train_images, images(120));
    write_bytes(files_.train_labels, labels(120));
    write_bytes(files_.test_images, images(10));
    write_bytes(files_.test_labels, labels(10));
    options_.output = directory_ / "out.h5";
    options_.seed = 1;
  }
  std::string convert_error() {
    const std::string message = data_error([&] { convert_idx(files_, options_); });
    EXPECT_THAT(directory_.names(), testing::Not(testing::Contains(HasSubstr("out.h5"))));
    return message;
  }
  /// First pixels of the rows of a split; they tell which images they are.
  std::vector<int> first_pixels(Split split) const {
    const Dataset dataset(options_.output);
    std::vector<std::byte> bytes(dataset.info().row_count(split) * 6);
    dataset.read_features(split, {0, bytes.size() / 6}, bytes);
    std::vector<int> pixels;
    for (std::size_t i = 0; i < bytes.size(); i += 6) {
      pixels.push_back(std::to_integer<int>(bytes[i]));
    }
    return pixels;
  }

  test::TemporaryDirectory directory_;
  IdxFiles files_{directory_ / "train-images", directory_ / "train-labels",
                  directory_ / "test-images", directory_ / "test-labels"};
  ConvertOptions options_;
};

TEST_F(ConvertIdxTest, keeps_every_image_with_its_label) {
  options_.class_names = {"a", "b", "c", "d"};
  const DatasetInfo info = convert_idx(files_, options_);
  EXPECT_EQ(info.features, (FeatureShape{1, 2, 3, false}));
  EXPECT_EQ(info.element_type, ElementType::Uint8);
  EXPECT_EQ(info.row_count(Split::Train), 120U);
  EXPECT_EQ(info.class_names, options_.class_names);
  std::vector<int> all(120);
  std::iota(all.begin(), all.end(), 0);
  const std::vector<int> train = first_pixels(Split::Train);
  EXPECT_NE(train, all);
  EXPECT_THAT(train, testing::UnorderedElementsAreArray(all));
  EXPECT_THAT(first_pixels(Split::Test), testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  std::vector<std::int32_t> y(120);
  Dataset(options_.output).read_labels(Split::Train, {0, 120}, y, 4);
  for (std::size_t i = 0; i < 120; ++i) {
    EXPECT_EQ(y[i], train[i] % 4);
  }
}

TEST_F(ConvertIdxTest, normalised_training_rows_have_zero_mean_and_unit_variance) {
  convert_idx(files_, options_);
  const Dataset dataset(options_.output);
  Shard shard(dataset, 4);
  shard.load({Split::Train, {{0, 120}}});
  std::vector<std::uint32_t> indices(120);
  std::iota(indices.begin(), indices.end(), 0U);
  std::vector<float> x(120 * 6);
  std::vector<std::int32_t> y(120);
  shard.fill_batch(indices, x, y);
  double sum = 0.0;
  double squares = 0.0;
  for (const float value : x) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  EXPECT_NEAR(sum / 720, 0.0, 1e-5);
  EXPECT_NEAR(squares / 720, 1.0, 1e-5);
}

TEST_F(ConvertIdxTest, gzip_files_and_compressed_output_hold_the_same_rows) {
  convert_idx(files_, options_);
  const std::vector<int> plain = first_pixels(Split::Train);
  test::write_gzip(files_.train_images, images(120));
  test::write_gzip(files_.test_labels, labels(10));
  options_.compress = true;
  convert_idx(files_, options_);
  EXPECT_EQ(first_pixels(Split::Train), plain);
}

TEST_F(ConvertIdxTest, limit_is_a_choice_of_the_seed) {
  options_.limit = 30;
  convert_idx(files_, options_);
  const std::vector<int> first = first_pixels(Split::Train);
  EXPECT_EQ(first.size(), 30U);
  EXPECT_EQ(std::set<int>(first.begin(), first.end()).size(), 30U);
  EXPECT_EQ(first_pixels(Split::Test).size(), 10U);
  convert_idx(files_, options_);
  EXPECT_EQ(first_pixels(Split::Train), first);
  options_.seed = 2;
  convert_idx(files_, options_);
  EXPECT_NE(first_pixels(Split::Train), first);
}

TEST_F(ConvertIdxTest, chunks_are_whole_rows_of_useful_size) {
  std::string many = big_endian(0x803) + big_endian(400) + big_endian(28) + big_endian(28);
  many.resize(16 + 400 * 784, '\1');
  write_bytes(files_.train_images, many);
  write_bytes(files_.train_labels, labels(400));
  write_bytes(files_.test_images, many);
  write_bytes(files_.test_labels, labels(400));
  const DatasetInfo info = convert_idx(files_, options_);
  EXPECT_GE(info.chunk_rows * 784, 64U * 1024U);
  EXPECT_LE(info.chunk_rows * 784, 256U * 1024U);
  EXPECT_EQ(info.scale.front(), 1.0F);  // constant pixels: no division by zero
}

TEST_F(ConvertIdxTest, names_what_is_wrong_with_a_file) {
  struct Case {
    const char* file;
    std::string bytes;
    std::string expected;
  };
  const std::string good = images(120);
  for (const Case& c : std::vector<Case>{
           {"train-images", labels(120),
            "offset 0: magic number: expected 0x00000803 (IDX, unsigned bytes, 3 dimensions), "
            "found 0x00000801"},
           {"train-labels", labels(120, 0x901), "expected 0x00000801"},
           {"train-images", good.substr(0, good.size() - 1),
            "offset 16: pixels: expected 720 bytes, found 719"},
           {"train-images", good + "x", "offset 736: expected the end of the file"},
           {"train-images", "ab", "offset 0: magic number: expected 4 bytes, found 2"},
           {"train-images", good.substr(0, 10),
            "offset 8: image height: expected 4 bytes, found 2"},
           {"train-images",
            big_endian(0x803) + big_endian(0xffffffff) + big_endian(9999) + big_endian(9999) +
                "short",
            "found 5"},
           {"train-images",
            big_endian(0x803) + big_endian(1) + big_endian(0x80000000) + big_endian(0x80000000),
            "expected at most 32768 x 32768"},
           {"train-labels", labels(119), "number of labels: expected 120 as in"},
           {"train-labels", labels(120) + "x", "offset 128: expected the end of the file"},
           {"test-images",
            big_endian(0x803) + big_endian(1) + big_endian(3) + big_endian(2) + "abcdef",
            "image size: expected 2 x 3 as in"},
           {"test-labels", labels(0), "number of labels: expected at least 1, found 0"}}) {
    const std::string before = test::read_bytes(directory_ / c.file);
    write_bytes(directory_ / c.file, c.bytes);
    EXPECT_THAT(convert_error(), AllOf(HasSubstr(c.file), HasSubstr(c.expected)));
    write_bytes(directory_ / c.file, before);
  }
}

TEST_F(ConvertIdxTest, refuses_truncated_or_damaged_gzip_data) {
  test::write_gzip(files_.train_images, images(120));
  const std::string bytes = test::read_bytes(files_.train_images);
  write_bytes(files_.train_images, bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT(convert_error(), HasSubstr("train-images: offset"));
  std::string damaged = bytes;
  damaged[bytes.size() - 6] = static_cast<char>(damaged[bytes.size() - 6] ^ 1);  // its CRC
  write_bytes(files_.train_images, damaged);
  EXPECT_THAT(convert_error(), HasSubstr("cannot read"));
}

TEST_F(ConvertIdxTest, refuses_impossible_options_and_places) {
  options_.class_names = {"a", "b"};
  EXPECT_THAT(convert_error(), HasSubstr("class names: expected at least 4"));
  options_.class_names.clear();
  options_.limit = 0;
  EXPECT_THAT(convert_error(), HasSubstr("limit: expected at least 1"));
  options_.limit.reset();
  options_.output = directory_ / "none/out.h5";
  EXPECT_THAT(convert_error(), HasSubstr("cannot write: No such file or directory"));
  files_.train_images = directory_ / "missing";
  EXPECT_THAT(convert_error(), HasSubstr("missing: cannot open: No such file"));
}

}  // namespace
}  // namespace hermes::data
