#include "hermes/runtime/run_traits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hermes/runtime/model_file.hpp"

namespace hermes::runtime {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const nn::NetworkSpec& model() {
  static const nn::NetworkSpec parsed =
      parse_model("input = [4]\n[[layer]]\ntype = \"dense\"\nunits = 3\n", "m.toml");
  return parsed;
}

TEST(RunTraitsTest, ranks_may_keep_their_files_in_different_places) {
  const RunConfig here;
  RunConfig there;
  there.name = "other";
  there.model_file = "/there/m.toml";
  there.initial_weights = "/there/w.h5";
  there.data.file = "/there/d.h5";
  there.cluster.threads = 8;
  there.allocation.memory = 1 << 30;
  there.allocation.memory_fraction = 0.5;
  WorkerSettings& worker = there.workers.emplace_back();
  worker.ranks = {1};
  worker.memory = 1 << 20;
  worker.threads = 2;
  worker.slowdown = 3.0;
  EXPECT_EQ(run_traits(here, model()), run_traits(there, model()));
}

/// The names of those that differ from a default configuration's.
std::vector<std::string> differing(const RunConfig& config, const nn::NetworkSpec& other) {
  const std::vector<protocol::RunTrait> base = run_traits(RunConfig(), model());
  const std::vector<protocol::RunTrait> traits = run_traits(config, other);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < base.size(); ++i) {
    EXPECT_EQ(traits.at(i).name, base[i].name);
    if (traits[i].hash != base[i].hash) {
      names.push_back(traits[i].name);
    }
  }
  return names;
}

TEST(RunTraitsTest, name_the_table_whose_settings_differ) {
  RunConfig config;
  EXPECT_THAT(differing(config, model()), IsEmpty());
  config.strategy.hermes.gate.alpha = -1.2999999999999998;
  EXPECT_THAT(differing(config, model()), ElementsAre("table [strategy.hermes]"));
  config.seed = 2;
  config.train.minibatch = 7;
  EXPECT_THAT(differing(config, model()),
              ElementsAre("seed", "table [train]", "table [strategy.hermes]"));
}

TEST(RunTraitsTest, name_the_model_by_its_layers_not_by_its_name) {
  nn::NetworkSpec other = model();
  other.name = "another";
  EXPECT_THAT(differing(RunConfig(), other), IsEmpty());
  std::get<nn::DenseSpec>(other.layers[0]).units = 4;
  EXPECT_THAT(differing(RunConfig(), other), ElementsAre("model"));
}

TEST(RunTraitsTest, fit_into_a_message) {
  EXPECT_LE(run_traits(RunConfig(), model()).size() + 3, protocol::kRunTraitsMax);
}

}  // namespace
}  // namespace hermes::runtime
