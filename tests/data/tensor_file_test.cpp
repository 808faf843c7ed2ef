#include "hermes/data/tensor_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <limits>

#include "data/support.hpp"
#include "hermes/core/error.hpp"

namespace hermes::data {
namespace {

using test::data_error;
using testing::ElementsAre;
using testing::HasSubstr;

class TensorFileTest : public testing::Test {
 protected:
  test::TemporaryDirectory directory_;
  std::filesystem::path path_ = directory_ / "model.h5";
};

TEST_F(TensorFileTest, gives_back_tensors_and_attributes_exactly) {
  const std::vector<float> weights = test::counting_floats(24);
  const std::vector<float> bias{std::numeric_limits<float>::denorm_min(), -0.0F,
                                std::numeric_limits<float>::quiet_NaN()};
  const std::vector<float> single{0.1F};
  const std::vector<TensorView> tensors{{"conv1/weight", {4, 3, 2}, weights},
                                        {"conv1/bias", {3}, bias},
                                        {"step", {}, single},
                                        {"empty", {0, 3}, {}}};
  const Attributes attributes{
      {"config", std::string("name = \"größe\"\nsecond line")},
      {"version", std::int64_t{-(std::int64_t{1} << 62)}},
      {"loss", 0.1},
      {"stream", std::vector<std::int64_t>{1, 2, std::numeric_limits<std::int64_t>::min()}},
      {"window", std::vector<double>(20000, 1.0 / 3.0)}};  // larger than 64 KiB
  write_tensor_file(path_, tensors, attributes);
  EXPECT_THAT(directory_.names(), ElementsAre("model.h5"));

  const TensorFile read = read_tensor_file(path_);
  EXPECT_EQ(read.attributes, attributes);
  ASSERT_EQ(read.tensors.size(), tensors.size());
  for (const TensorView& tensor : tensors) {
    const Tensor* found = read.find(tensor.name);
    ASSERT_NE(found, nullptr) << tensor.name;
    EXPECT_EQ(found->dims, tensor.dims);
    ASSERT_EQ(found->values.size(), tensor.values.size());
    EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span(found->values)),
                                   std::as_bytes(tensor.values)));  // bits: NaN and -0, too
  }
  EXPECT_EQ(read.find("conv1"), nullptr);
  EXPECT_EQ(read.find("zzz"), nullptr);
}

TEST_F(TensorFileTest, finds_a_changed_bit_in_a_tensor) {
  const std::vector<float> values(1000, 1234.5F);
  write_tensor_file(path_, std::vector<TensorView>{{"w", {10, 100}, values}}, {});
  std::string bytes = test::read_bytes(path_);
  const std::string needle(reinterpret_cast<const char*>(values.data()), 40);
  const std::size_t at = bytes.find(needle);
  ASSERT_NE(at, std::string::npos);
  bytes[at + 17] = static_cast<char>(bytes[at + 17] ^ 1);
  test::write_bytes(path_, bytes);
  EXPECT_THAT(data_error([&] { read_tensor_file(path_); }),
              testing::AllOf(HasSubstr("model.h5: w: reading failed"), HasSubstr("checksum")));
}

TEST_F(TensorFileTest, refuses_a_file_cut_at_any_place) {
  const std::vector<float> values(50, 1.0F);
  write_tensor_file(path_, std::vector<TensorView>{{"a/w", {50}, values}}, {{"n", 1.5}});
  const std::string bytes = test::read_bytes(path_);
  for (std::size_t size = 0; size < bytes.size(); size += 37) {
    test::write_bytes(path_, bytes.substr(0, size));
    data_error([&] { read_tensor_file(path_); });
  }
}

TEST_F(TensorFileTest, reads_what_others_wrote) {
  test::H5Builder(path_)
      .put("b", {2}, std::vector<double>{0.5, 0.25})
      .put("a/deep/name", {2, 2}, test::counting_floats(4), {{2, 1}, true})
      .strings("/", "list", {"skipped", "kind"});
  const TensorFile read = read_tensor_file(path_);
  ASSERT_EQ(read.tensors.size(), 2U);
  EXPECT_EQ(read.tensors[0].name, "a/deep/name");
  EXPECT_THAT(read.tensors[1].values, ElementsAre(0.5F, 0.25F));
  EXPECT_TRUE(read.attributes.empty());
  test::H5Builder(path_).put("n", {2}, std::vector<int>{1, 2});
  EXPECT_THAT(data_error([&] { read_tensor_file(path_); }),
              HasSubstr("n: expected floats, found int32"));
}

TEST_F(TensorFileTest, a_failed_write_keeps_the_old_file_and_leaves_nothing_else) {
  const std::vector<float> values{1.0F};
  write_tensor_file(path_, std::vector<TensorView>{{"old", {1}, values}}, {});
  for (const auto& [first, second] : std::vector<std::pair<std::string, std::string>>{
           {"w", "w"}, {"w", "w/inside"}, {"w/inside", "w"}, {"w", ""}}) {
    const std::vector<TensorView> tensors{{first, {1}, values}, {second, {1}, values}};
    EXPECT_THAT(data_error([&] { write_tensor_file(path_, tensors, {}); }),
                HasSubstr("model.h5: " + second));
    EXPECT_THAT(directory_.names(), ElementsAre("model.h5"));
  }
  EXPECT_NE(read_tensor_file(path_).find("old"), nullptr);
}

TEST_F(TensorFileTest, says_why_a_place_cannot_be_written) {
  EXPECT_THAT(data_error([&] { write_tensor_file(directory_ / "no/such/dir.h5", {}, {}); }),
              HasSubstr("cannot write: No such file or directory"));
  EXPECT_THAT(data_error([&] { write_tensor_file(path_.parent_path(), {}, {}); }),
              HasSubstr("cannot write: Is a directory"));
}

TEST_F(TensorFileTest, a_full_disk_is_an_error_and_leaves_nothing) {
  const std::vector<float> values(100000, 1.0F);
  const std::vector<TensorView> tensors{{"w", {100000}, values}};
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);  // write() fails with EFBIG instead
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  rlimit limit = old_limit;
  limit.rlim_cur = 64UL * 1024;
  setrlimit(RLIMIT_FSIZE, &limit);
  std::string message;
  try {
    write_tensor_file(path_, tensors, {});
  } catch (const RuntimeError& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_THAT(message, HasSubstr("model.h5: cannot write: File too large"));
  EXPECT_TRUE(directory_.names().empty());
}

TEST_F(TensorFileTest, refuses_groups_in_one_another_without_end) {
  std::string name = "w";
  for (int i = 0; i < 20; ++i) {
    name.insert(0, "g/");
  }
  test::H5Builder(path_).put(name, {1}, test::counting_floats(1));
  EXPECT_THAT(data_error([&] { read_tensor_file(path_); }), HasSubstr("groups in one another"));
}

TEST_F(TensorFileTest, refuses_tensors_that_together_claim_more_than_the_file_holds) {
  test::H5Builder(path_).put("a", {1}, test::counting_floats(1));
  const hid_t file = H5Fopen(path_.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hsize_t dims[1] = {hsize_t{15} << 20};  // 60 MiB, of which nothing is stored
  const hid_t space = H5Screate_simple(1, dims, nullptr);
  for (const char* name : {"b", "c", "d"}) {
    H5Dclose(
        H5Dcreate2(file, name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  }
  H5Sclose(space);
  H5Fclose(file);
  EXPECT_THAT(data_error([&] { read_tensor_file(path_); }),
              HasSubstr("c: expected tensors that fit into a file of"));
}

}  // namespace
}  // namespace hermes::data
