#include "hermes/runtime/run_fingerprint.hpp"

#include <gtest/gtest.h>

#include "hermes/runtime/model_file.hpp"

namespace hermes::runtime {
namespace {

const nn::NetworkSpec& model() {
  static const nn::NetworkSpec kModel =
      parse_model("input = [4]\n[[layer]]\ntype = \"dense\"\nunits = 3\n", "m.toml");
  return kModel;
}

TEST(RunFingerprintTest, ranks_may_keep_their_files_in_different_places) {
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
  EXPECT_EQ(run_fingerprint(here, model(), 1), run_fingerprint(there, model(), 1));
}

TEST(RunFingerprintTest, settings_model_and_data_make_a_difference) {
  const RunConfig config;
  const std::uint64_t base = run_fingerprint(config, model(), 1);
  EXPECT_NE(base, run_fingerprint(config, model(), 2));

  RunConfig other = config;
  other.strategy.hermes.gate.alpha = -1.2999999999999998;
  EXPECT_NE(base, run_fingerprint(other, model(), 1));

  nn::NetworkSpec wider = model();
  std::get<nn::DenseSpec>(wider.layers[0]).units = 4;
  EXPECT_NE(base, run_fingerprint(config, wider, 1));
}

}  // namespace
}  // namespace hermes::runtime
