#include "hermes/runtime/model_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "data/support.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/random.hpp"
#include "hermes/data/tensor_file.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/runtime/model_file.hpp"
#include "runtime/temporary_directory.hpp"

namespace hermes::runtime {
namespace {

using testing::HasSubstr;

constexpr const char* kModel = R"(
name = "tiny"
input = [2, 6, 5]
[[layer]]
type = "conv2d"
filters = 3
kernel = 3
padding = "same"
[[layer]]
type = "relu"
[[layer]]
type = "flatten"
[[layer]]
type = "dense"
units = 4
)";

StoredModel sample_model() {
  StoredModel model;
  model.spec = parse_model(kModel, "tiny.toml");
  model.loss = LossKind::MeanSquaredError;
  nn::Network network(model.spec, 1);
  RandomStream random(5, RandomPurpose::Test);
  model.parameters.resize(network.parameter_count());
  std::ranges::generate(model.parameters, [&] { return static_cast<float>(random.normal()); });
  model.parameters[3] = -0.0F;
  model.run = "größe";
  model.strategy = "hermes";
  model.version = 123456789012345ULL;
  model.validation_loss = 0.1 + 0.2;
  model.validation_accuracy = 1.0 / 3.0;
  return model;
}

bool same_bits(const StoredModel& a, const StoredModel& b) {
  return a.parameters.size() == b.parameters.size() &&
         std::memcmp(a.parameters.data(), b.parameters.data(), a.parameters.size() * 4) == 0;
}

class ModelStoreTest : public testing::Test {
 protected:
  /// Saves the sample, lets `damage` change the content and says what loading then complains of.
  std::string error_after(const std::function<void(data::TensorFile&)>& damage) const {
    save_model(file_, sample_model());
    data::TensorFile content = data::read_tensor_file(file_);
    damage(content);
    std::vector<data::TensorView> views;
    for (const data::Tensor& tensor : content.tensors) {
      views.push_back({tensor.name, tensor.dims, tensor.values});
    }
    data::write_tensor_file(file_, views, content.attributes);
    return data::test::data_error([this] { load_model(file_); });
  }

  TemporaryDirectory directory_;
  std::filesystem::path file_ = directory_.path() / "model.h5";
};

TEST_F(ModelStoreTest, loads_what_was_saved) {
  const StoredModel saved = sample_model();
  save_model(file_, saved);
  const StoredModel loaded = load_model(file_);
  EXPECT_TRUE(same_bits(saved, loaded));
  EXPECT_EQ(to_toml(loaded.spec), to_toml(saved.spec));
  EXPECT_EQ(loaded.loss, saved.loss);
  EXPECT_EQ(loaded.run, saved.run);
  EXPECT_EQ(loaded.strategy, saved.strategy);
  EXPECT_EQ(loaded.version, saved.version);
  EXPECT_EQ(loaded.validation_loss, saved.validation_loss);
  EXPECT_EQ(loaded.validation_accuracy, saved.validation_accuracy);
}

TEST_F(ModelStoreTest, tensors_have_the_names_and_shapes_of_pytorch) {
  save_model(file_, sample_model());
  const data::TensorFile content = data::read_tensor_file(file_);
  const std::map<std::string, std::vector<std::uint64_t>> expected{
      {"conv1.weight", {3, 2, 3, 3}},
      {"conv1.bias", {3}},
      {"dense1.weight", {4, 90}},
      {"dense1.bias", {4}},
  };
  ASSERT_EQ(content.tensors.size(), expected.size());
  for (const auto& [name, dims] : expected) {
    ASSERT_NE(content.find(name), nullptr) << name;
    EXPECT_EQ(content.find(name)->dims, dims) << name;
  }
}

TEST_F(ModelStoreTest, each_missing_attribute_is_named) {
  for (const std::string name :
       {"model", "loss", "run", "strategy", "version", "validation_loss", "validation_accuracy"}) {
    EXPECT_THAT(error_after([&](data::TensorFile& content) { content.attributes.erase(name); }),
                HasSubstr("attribute '" + name + "'"));
  }
}

TEST_F(ModelStoreTest, attributes_of_other_types_or_values_are_errors) {
  EXPECT_THAT(error_after([](auto& content) { content.attributes["version"] = 1.5; }),
              HasSubstr("attribute 'version'"));
  EXPECT_THAT(error_after([](auto& content) { content.attributes["loss"] = std::string("hinge"); }),
              HasSubstr("expected cross_entropy or mse, found hinge"));
  EXPECT_THAT(
      error_after([](auto& content) { content.attributes["model"] = std::string("input = 3"); }),
      HasSubstr("model.h5"));
}

TEST_F(ModelStoreTest, missing_unknown_and_misshapen_tensors_are_named) {
  EXPECT_THAT(error_after([](data::TensorFile& content) {
                std::erase_if(content.tensors,
                              [](const auto& tensor) { return tensor.name == "conv1.bias"; });
              }),
              HasSubstr("tensor conv1.bias: expected [3], found none"));
  EXPECT_THAT(error_after([](data::TensorFile& content) {
                content.tensors.push_back({"conv9.bias", {1}, {0.0F}});
              }),
              HasSubstr("tensor conv9.bias"));
  EXPECT_THAT(error_after([](data::TensorFile& content) {
                for (data::Tensor& tensor : content.tensors) {
                  if (tensor.name == "conv1.weight") {
                    tensor.dims = {3, 3, 3, 2};
                  }
                }
              }),
              HasSubstr("tensor conv1.weight: expected [3, 2, 3, 3]"));
}

TEST_F(ModelStoreTest, flipped_byte_of_any_weight_is_found) {
  const StoredModel model = sample_model();
  save_model(file_, model);
  const std::string whole = data::test::read_bytes(file_);
  const nn::Network network(model.spec, 1);
  const std::vector<nn::NamedTensor> tensors =
      nn::export_parameters(network.named_parameters(), model.parameters);
  for (const nn::NamedTensor& tensor : tensors) {
    const std::string bytes(reinterpret_cast<const char*>(tensor.values.data()),
                            tensor.values.size() * 4);
    const std::size_t place = whole.find(bytes);
    ASSERT_NE(place, std::string::npos) << tensor.name;
    for (const std::size_t offset : {std::size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
      std::string damaged = whole;
      damaged[place + offset] = static_cast<char>(damaged[place + offset] ^ 0x10);
      data::test::write_bytes(file_, damaged);
      EXPECT_THAT(data::test::data_error([this] { load_model(file_); }), HasSubstr(tensor.name));
    }
  }
}

TEST_F(ModelStoreTest, truncated_file_and_file_of_another_kind_are_errors) {
  save_model(file_, sample_model());
  const std::string whole = data::test::read_bytes(file_);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{100}, whole.size() / 2, whole.size() - 1}) {
    data::test::write_bytes(file_, whole.substr(0, size));
    EXPECT_THAT(data::test::data_error([this] { load_model(file_); }), HasSubstr("model.h5"));
  }
  data::test::write_image_set(file_, 20);
  EXPECT_NE(data::test::data_error([this] { load_model(file_); }), "");
}

TEST_F(ModelStoreTest, place_where_nothing_can_be_written_is_an_error) {
  EXPECT_THROW(save_model(directory_.path() / "nowhere" / "model.h5", sample_model()), DataError);
}

TEST_F(ModelStoreTest, a_model_that_claims_to_be_huge_is_refused_without_memory_for_it) {
  EXPECT_THAT(error_after([](data::TensorFile& content) {
                content.attributes["model"] =
                    std::string("input = [30000]\n[[layer]]\ntype = \"dense\"\nunits = 70000\n");
              }),
              HasSubstr("tensor dense1.weight: expected [70000, 30000]"));
}

}  // namespace
}  // namespace hermes::runtime
