#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "data/support.hpp"
#include "hermes/data/convert.hpp"

namespace hermes::data {
namespace {

using test::data_error;
using test::write_bytes;
using testing::HasSubstr;

/// Records whose planes have the values number, 100 and 200.
std::string records(int count, int first_number) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    const int number = first_number + i;
    bytes += static_cast<char>(number % 10);
    bytes += std::string(1024, static_cast<char>(number)) + std::string(1024, char{100}) +
             std::string(1024, static_cast<char>(200));
  }
  return bytes;
}

class ConvertCifar10Test : public testing::Test {
 protected:
  ConvertCifar10Test() {
    write_bytes(files_.train[0], records(20, 0));
    write_bytes(files_.train[1], records(15, 20));
    write_bytes(files_.test[0], records(7, 50));
    options_.output = directory_ / "out.h5";
  }

  test::TemporaryDirectory directory_;
  Cifar10Files files_{{directory_ / "data_batch_1.bin", directory_ / "data_batch_2.bin"},
                      {directory_ / "test_batch.bin"}};
  ConvertOptions options_;
};

TEST_F(ConvertCifar10Test, keeps_every_image_of_all_files_with_its_label) {
  const DatasetInfo info = convert_cifar10(files_, options_);
  EXPECT_EQ(info.features, (FeatureShape{3, 32, 32, false}));
  EXPECT_EQ(info.row_count(Split::Train), 35U);
  EXPECT_EQ(info.row_count(Split::Test), 7U);
  EXPECT_EQ(info.class_names.size(), 10U);
  EXPECT_EQ(info.class_names[9], "truck");
  EXPECT_FLOAT_EQ(info.mean[0], 17.0F);  // of 0 .. 34
  EXPECT_FLOAT_EQ(info.mean[1], 100.0F);
  EXPECT_FLOAT_EQ(info.mean[2], 200.0F);
  EXPECT_FLOAT_EQ(info.scale[1], 1.0F);

  const Dataset dataset(options_.output);
  std::vector<std::byte> x(35 * 3072);
  std::vector<std::int32_t> y(35);
  dataset.read_features(Split::Train, {0, 35}, x);
  dataset.read_labels(Split::Train, {0, 35}, y, 10);
  std::vector<int> numbers;
  for (std::size_t i = 0; i < 35; ++i) {
    numbers.push_back(std::to_integer<int>(x[i * 3072 + 1023]));
    EXPECT_EQ(std::to_integer<int>(x[i * 3072 + 1024]), 100);
    EXPECT_EQ(y[i], numbers.back() % 10);
  }
  std::vector<int> all(35);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_THAT(numbers, testing::UnorderedElementsAreArray(all));
}

TEST_F(ConvertCifar10Test, names_what_is_wrong_with_a_file) {
  const auto error = [&] { return data_error([&] { convert_cifar10(files_, options_); }); };
  write_bytes(files_.train[1], records(2, 0) + "xyz");
  EXPECT_THAT(error(), HasSubstr("data_batch_2.bin: offset 6146: expected a record of 3073 bytes "
                                 "(label, 3 x 32 x 32), found 3 bytes"));
  write_bytes(files_.train[1], records(2, 0) + '\xa' + records(1, 0).substr(1));
  EXPECT_THAT(error(), HasSubstr("offset 6146: expected a label in [0, 10), found 10"));
  write_bytes(files_.train[1], "");
  EXPECT_THAT(error(), HasSubstr("data_batch_2.bin: offset 0: expected a record"));
  files_.test.clear();
  write_bytes(files_.train[1], records(1, 0));
  EXPECT_THAT(error(), HasSubstr("expected at least 1 training and 1 test row, found 21 and 0"));
}

}  // namespace
}  // namespace hermes::data
