#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/runtime/known_key.hpp"
#include "hermes/runtime/run_config.hpp"

namespace hermes::runtime {
namespace {

const KnownKey& key_named(const std::vector<KnownKey>& keys, const std::string& name) {
  return *std::find_if(keys.begin(), keys.end(),
                       [&name](const KnownKey& key) { return key.name == name; });
}

TEST(KnownKeysTest, each_is_named_once_and_has_type_and_help) {
  std::set<std::string> names;
  for (const KnownKey& key : known_keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_FALSE(key.type.empty()) << key.name;
    EXPECT_FALSE(key.help.empty()) << key.name;
    EXPECT_EQ(key.help.find('\n'), std::string::npos) << key.name;
  }
}

TEST(KnownKeysTest, defaults_are_what_a_file_without_the_key_means) {
  std::string text;
  for (const KnownKey& key : known_keys()) {
    const std::string value = key.required ? "\"x.y\"" : key.default_value;
    const bool is_of_array = key.name.starts_with("fault.");  // [[fault]]: there is none
    if (!value.empty() && !is_of_array) {
      text += key.name + " = " + value + "\n";
    }
  }
  EXPECT_EQ(parse_run_config(text, "all.toml"),
            parse_run_config("model.file = \"x.y\"\ndata.file = \"x.y\"", "few.toml"));
}

TEST(KnownKeysTest, those_that_a_file_must_have_are_marked) {
  std::vector<std::string> required;
  for (const KnownKey& key : known_keys()) {
    if (key.required) {
      required.push_back(key.name);
    }
  }
  EXPECT_THAT(required, testing::ElementsAre("model.file", "data.file"));
}

TEST(KnownKeysTest, types_tell_the_range) {
  const auto keys = known_keys();
  EXPECT_EQ(key_named(keys, "train.optimizer.learning_rate").type, "a number > 0");
  EXPECT_EQ(key_named(keys, "strategy.hermes.alpha").default_value, "-1.3");
  EXPECT_EQ(key_named(keys, "strategy.type").type,
            "one of 'hermes', 'bsp', 'asp', 'ssp', 'ebsp', 'selsync', 'timebox'");
  EXPECT_EQ(key_named(keys, "train.steps_per_round").default_value, "");
}

}  // namespace
}  // namespace hermes::runtime
