#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "runtime/config/nearest.hpp"

namespace hermes::runtime {
namespace {

std::size_t slow_distance(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) {
    return a.size() + b.size();
  }
  const std::string a_rest = a.substr(1);
  const std::string b_rest = b.substr(1);
  const std::size_t change = slow_distance(a_rest, b_rest) + (a[0] == b[0] ? 0 : 1);
  return std::min({change, slow_distance(a_rest, b) + 1, slow_distance(a, b_rest) + 1});
}

TEST(EditDistanceTest, agrees_with_the_recursive_definition_on_random_words) {
  RandomStream random(4, RandomPurpose::Test);
  const auto word = [&random] {
    std::string text;
    for (std::uint64_t letters = random.below(7); letters > 0; --letters) {
      text += static_cast<char>('a' + random.below(3));
    }
    return text;
  };
  for (int i = 0; i < 300; ++i) {
    const std::string a = word();
    const std::string b = word();
    EXPECT_EQ(edit_distance(a, b), slow_distance(a, b)) << a << " and " << b;
  }
}

TEST(NearestKeyTest, finds_what_was_meant) {
  const std::vector<std::string> known{"seed", "train.minibatch", "train.optimizer.momentum",
                                       "strategy.hermes.alpha", "strategy.hermes.lambda"};
  EXPECT_EQ(nearest_key("sed", known), "seed");
  EXPECT_EQ(nearest_key("train.mini_batch", known), "train.minibatch");
  EXPECT_EQ(nearest_key("strategy.hermes.aplha", known), "strategy.hermes.alpha");
}

TEST(NearestKeyTest, knows_the_right_word_in_the_wrong_table) {
  const std::vector<std::string> known{"train.minibatch", "train.optimizer.momentum"};
  EXPECT_EQ(nearest_key("train.momentum", known), "train.optimizer.momentum");
}

TEST(NearestKeyTest, stays_in_the_table_where_it_can) {
  const std::vector<std::string> known{"strategy.type", "strategy.asp.server_learning_rate"};
  EXPECT_EQ(nearest_key("strategy.asp.server_lr", known), "strategy.asp.server_learning_rate");
}

TEST(NearestKeyTest, tables_may_be_meant) {
  const std::vector<std::string> known{"name", "train.schedule.type"};
  EXPECT_EQ(nearest_key("trane", known), "train");
  EXPECT_EQ(nearest_key("train.shedule", known), "train.schedule");
}

}  // namespace
}  // namespace hermes::runtime
