#include "hermes/data/describe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/support.hpp"
#include "hermes/data/tensor_file.hpp"

namespace hermes::data {
namespace {

using testing::HasSubstr;

TEST(DescribeTest, tells_what_a_data_set_holds) {
  const test::TemporaryDirectory directory;
  test::write_image_set(directory / "a.h5", 64, 3, {{16, 3, 2, 3}});
  const std::string text = describe_file(directory / "a.h5");
  for (const char* part :
       {"3 x 2 x 3 (channels x height x width)", "uint8, N x C x H x W, chunks of 16 rows",
        "training rows   64\n", "test rows       4\n", "class count     3\n",
        "none (split off the training rows)"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(DescribeTest, tells_of_target_numbers_instead_of_classes) {
  const test::TemporaryDirectory directory;
  test::H5Builder(directory / "a.h5")
      .put("/train/x", {4, 2}, test::counting_floats(8))
      .put("/train/y", {4, 3}, test::counting_floats(12))
      .put("/test/x", {1, 2}, test::counting_floats(2))
      .put("/test/y", {1, 3}, test::counting_floats(3));
  const std::string text = describe_file(directory / "a.h5");
  EXPECT_THAT(text, HasSubstr("targets         3 numbers (float32)\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("class")));
}

TEST(DescribeTest, lists_the_tensors_of_other_files) {
  const test::TemporaryDirectory directory;
  const std::vector<float> values = test::counting_floats(6);
  write_tensor_file(directory / "m.h5", std::vector<TensorView>{{"dense/weight", {2, 3}, values}},
                    {{"config", std::string("line 1\nline 2")},
                     {"round", std::int64_t{7}},
                     {"window", std::vector<double>{1.0, 2.5}}});
  const std::string text = describe_file(directory / "m.h5");
  for (const char* part : {"dense/weight  2 x 3", "6 float32 in 1 tensors",
                           "config        \"line 1\"...", "round         7", "1, 2.5"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(DescribeTest, refuses_other_files) {
  const test::TemporaryDirectory directory;
  test::write_bytes(directory / "x.txt", "text");
  EXPECT_THAT(test::data_error([&] { describe_file(directory / "x.txt"); }),
              HasSubstr("no HDF5 signature"));
}

}  // namespace
}  // namespace hermes::data
