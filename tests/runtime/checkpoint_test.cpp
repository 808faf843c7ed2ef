#include "hermes/runtime/checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "data/support.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/random.hpp"
#include "hermes/core/state_archive.hpp"
#include "hermes/runtime/resumption.hpp"
#include "hermes/runtime/run_directory.hpp"
#include "hermes/runtime/run_loops.hpp"
#include "hermes/transport/in_proc_network.hpp"
#include "hermes/wire/codec.hpp"
#include "runtime/test_run.hpp"

#ifdef __SANITIZE_ADDRESS__
/// HDF5 1.10 loses memory where a file is damaged, which is not ours to mend. The tests of data
/// have no such exemption.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): LeakSanitizer's name
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libhdf5";
}
#endif

namespace hermes::runtime {
namespace {

using protocol::StopReason;
using test::ClusterLife;
using test::ClusterResult;
using test::run_cluster;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint32_t kWorkers = 3;

/// A configuration whose runs save themselves all the time.
RunConfig saving(RunConfig config) {
  config.stop.server.max_rounds = 12;
  config.allocation.initial_rows = 60;  // shards move through their pools
  config.checkpoint.every = seconds(0.001);
  config.checkpoint.keep = 2;
  return config;
}

/// Kills the cluster again and again, at moments drawn from the seed, until one life reaches the
/// end. Each life begins with other turns.
ClusterResult run_lives(const RunInputs& inputs, const std::filesystem::path& directory,
                        std::uint64_t seed) {
  RandomStream random(seed, RandomPurpose::Test);
  bool resumes = false;
  for (int life = 0; life < 6; ++life) {
    const ClusterLife killed{directory, resumes, 200 + random.below(1500)};
    ClusterResult result = run_cluster(inputs, kWorkers, random.next(), killed);
    if (result.reason != StopReason::Failed) {
      return result;
    }
    resumes =
        newest_checkpoint(RunDirectory::checkpoints_of(directory), [](const std::string& why) {
          ADD_FAILURE() << why;
        }).has_value();
  }
  return run_cluster(inputs, kWorkers, random.next(), ClusterLife{directory, resumes, 0});
}

std::vector<float> best_values(const ClusterResult& result) {
  const std::span<const float> values = result.best->parameters.values();
  return {values.begin(), values.end()};
}

/// Rounds of each worker in the order in which metrics.csv has them.
std::map<std::string, std::vector<std::string>> reported_rounds(
    const std::filesystem::path& directory) {
  std::ifstream lines(directory / "metrics.csv");
  std::map<std::string, std::vector<std::string>> rounds;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string event;
    std::string seconds;
    std::string rank;
    std::string round;
    std::getline(fields, event, ',');
    std::getline(fields, seconds, ',');
    std::getline(fields, rank, ',');
    std::getline(fields, round, ',');
    if (event == "report") {
      rounds[rank].push_back(round);
    }
  }
  return rounds;
}

struct BarrierCase {
  StrategyKind strategy;
  const char* model;
};

class BarrierCheckpointTest : public testing::TestWithParam<BarrierCase> {};

TEST_P(BarrierCheckpointTest, a_run_that_is_killed_and_goes_on_ends_as_if_nothing_had_happened) {
  test::TestRun run;
  run.directory.write("model.toml", GetParam().model);
  RunConfig config = saving(run.config);
  config.strategy.type = GetParam().strategy;
  config.strategy.selsync = {.delta = 0.02, .window = 2};
  config.strategy.bsp.server.kind = protocol::ServerOptimizerKind::Adam;
  config.strategy.bsp.server.learning_rate = 0.05;
  const RunInputs inputs(config);
  const ClusterResult whole = run_cluster(inputs, kWorkers, 1);
  int resumed = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const TemporaryDirectory directory;
    const ClusterResult pieces = run_lives(inputs, directory.path(), seed);
    EXPECT_EQ(pieces.reason, StopReason::MaxRounds);
    EXPECT_EQ(pieces.evaluations, whole.evaluations) << seed;
    EXPECT_EQ(best_values(pieces), best_values(whole)) << seed;
    EXPECT_EQ(pieces.summary.rounds, whole.summary.rounds);
    EXPECT_EQ(pieces.summary.samples, whole.summary.samples);
    EXPECT_EQ(pieces.summary.pushes, whole.summary.pushes);
    EXPECT_EQ(pieces.summary.merges, whole.summary.merges);
    std::ifstream log(directory.path() / "hermes.log");
    const std::string text((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
    resumed += text.find("goes on") != std::string::npos ? 1 : 0;
  }
  EXPECT_GE(resumed, 4);
}

TEST(PicturesCheckpointTest, changed_pictures_go_on_where_they_were) {
  test::PictureRun run;
  RunConfig config = saving(run.config);
  config.strategy.type = StrategyKind::Bsp;
  config.train.augment = {.flip = true, .crop_padding = 1};
  const RunInputs inputs(config);
  const ClusterResult whole = run_cluster(inputs, kWorkers, 1);
  int resumed = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const TemporaryDirectory directory;
    const ClusterResult pieces = run_lives(inputs, directory.path(), seed);
    EXPECT_EQ(pieces.evaluations, whole.evaluations) << seed;
    EXPECT_EQ(best_values(pieces), best_values(whole)) << seed;
    std::ifstream log(directory.path() / "hermes.log");
    const std::string text((std::istreambuf_iterator<char>(log)), std::istreambuf_iterator<char>());
    resumed += text.find("goes on") != std::string::npos ? 1 : 0;
  }
  EXPECT_GE(resumed, 2);
}

/// With a hash that fits, as a program with another idea of the state would have written it.
TEST(WorkerStateTest, a_state_that_a_worker_cannot_use_ends_the_run_and_names_the_checkpoint) {
  test::TestRun run;
  const RunInputs inputs(saving(run.config));
  const TemporaryDirectory directory;
  run_cluster(inputs, kWorkers, 1, ClusterLife{directory.path(), false, 2000});
  const auto checkpoints = RunDirectory::checkpoints_of(directory.path());
  const auto found =
      newest_checkpoint(checkpoints, [](const std::string& why) { ADD_FAILURE() << why; });
  ASSERT_TRUE(found.has_value());
  ASSERT_FALSE(found->content.workers.empty());
  Checkpoint strange = found->content;
  WorkerState& state = strange.workers.begin()->second;
  state.bytes =
      std::make_shared<const Bytes>(state.bytes->size() + StateWriter::kWord, std::byte{0});
  save_checkpoint(found->file, strange);
  const ClusterResult result =
      run_cluster(inputs, kWorkers, 2, ClusterLife{directory.path(), true, 0});
  EXPECT_EQ(result.reason, StopReason::BadInput);
  EXPECT_THAT(result.worker_details,
              testing::Contains(HasSubstr("its state in the checkpoint cannot be used: ")));
}

INSTANTIATE_TEST_SUITE_P(Strategies, BarrierCheckpointTest,
                         testing::Values(BarrierCase{StrategyKind::Bsp, test::kCloudsModel},
                                         BarrierCase{StrategyKind::Bsp, test::kNormalisedModel},
                                         BarrierCase{StrategyKind::SelSync, test::kCloudsModel}));

class CheckpointTest : public testing::Test {
 protected:
  RunConfig barrier_run() const {
    RunConfig config = saving(run_.config);
    config.strategy.type = StrategyKind::Bsp;
    return config;
  }

  test::TestRun run_;
  TemporaryDirectory directory_;
};

TEST_F(CheckpointTest, every_strategy_goes_on_and_no_round_is_there_twice) {
  for (const StrategyKind strategy : {StrategyKind::Hermes, StrategyKind::Asp, StrategyKind::Ssp,
                                      StrategyKind::Ebsp, StrategyKind::Timebox}) {
    for (const bool overlap : {false, true}) {
      RunConfig config = saving(run_.config);
      config.strategy.type = strategy;
      config.strategy.hermes.overlap = overlap;
      config.strategy.timebox = {.box_seconds = 0.01, .overlap = overlap};
      config.allocation.type = overlap ? AllocationKind::Adaptive : AllocationKind::Static;
      if (overlap) {
        config.strategy.hermes.merge = protocol::HermesMerge::Delta;
        config.wire.payload = PayloadFormat::Fp16;
      }
      const RunInputs inputs(config);
      for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const TemporaryDirectory directory;
        const ClusterResult result = run_lives(inputs, directory.path(), seed);
        const std::string name = result.summary.strategy + std::to_string(seed);
        EXPECT_EQ(result.reason, StopReason::MaxRounds) << name;
        EXPECT_TRUE(result.best.has_value()) << name;
        std::uint64_t accepted = 0;
        for (const auto& [rank, rounds] : reported_rounds(directory.path())) {
          accepted += rounds.size();
          for (std::size_t i = 1; i < rounds.size(); ++i) {
            EXPECT_LT(std::stoul(rounds[i - 1]), std::stoul(rounds[i])) << name << " rank " << rank;
          }
        }
        EXPECT_LE(accepted, result.summary.rounds) << name;
      }
    }
  }
}

TEST_F(CheckpointTest, holds_the_state_of_every_worker_and_is_a_model_file_as_well) {
  const RunInputs inputs(barrier_run());
  run_cluster(inputs, kWorkers, 3, ClusterLife{directory_.path(), false, 0});
  const auto found = newest_checkpoint(RunDirectory::checkpoints_of(directory_.path()),
                                       [](const std::string& why) { ADD_FAILURE() << why; });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->content.workers.size(), kWorkers);
  EXPECT_EQ(found->content.model.strategy, "bsp");
  EXPECT_EQ(load_model(found->file).parameters, found->content.model.parameters);
}

TEST_F(CheckpointTest, a_damaged_newest_one_falls_back_to_the_one_before) {
  const RunInputs inputs(barrier_run());
  const std::filesystem::path& place = directory_.path();
  Checkpoint checkpoint = describe_run(inputs, kWorkers);
  checkpoint.model.parameters.resize(inputs.parameter_count());
  checkpoint.server = checkpoint.node = Bytes(10);
  const std::vector files{checkpoint_file(place, 1), checkpoint_file(place, 2)};
  for (const std::filesystem::path& file : files) {
    save_checkpoint(file, checkpoint);
  }
  std::filesystem::resize_file(files.back(), std::filesystem::file_size(files.back()) / 2);
  std::vector<std::string> warnings;
  const auto found =
      newest_checkpoint(place, [&warnings](const std::string& line) { warnings.push_back(line); });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->file, files.front());
  EXPECT_THAT(warnings, ElementsAre(HasSubstr(files.back().filename().string())));
  // Nor is it one of those to keep beside what comes next.
  set_aside_newer(found->file);
  EXPECT_THAT(checkpoint_numbers(place), testing::SizeIs(1));
  EXPECT_TRUE(std::filesystem::exists(files.back().string() + ".unusable"));
}

TEST(StateAssemblyTest, holds_no_more_than_a_state_can_be) {
  const auto slice = [](std::uint64_t total, std::uint64_t first, std::size_t size) {
    auto bytes = std::make_shared<const AlignedVector<float>>(size / sizeof(float));
    return wire::DataMessage{wire::StateSlice{1, total, first},
                             {bytes, std::as_bytes(std::span(*bytes))}};
  };
  StateAssembly assembly(100);
  EXPECT_FALSE(assembly.add(slice(100, 0, 60)));
  EXPECT_TRUE(assembly.add(slice(100, 60, 40)));
  EXPECT_FALSE(assembly.add(slice(104, 0, 60)));
  EXPECT_FALSE(assembly.add(slice(104, 60, 44)));
}

TEST_F(CheckpointTest, a_run_that_goes_on_and_finds_no_workers_has_failed) {
  const RunInputs inputs(barrier_run());
  run_cluster(inputs, kWorkers, 3, ClusterLife{directory_.path(), false, 0});
  auto found = newest_checkpoint(RunDirectory::checkpoints_of(directory_.path()),
                                 [](const std::string& why) { ADD_FAILURE() << why; });
  ASSERT_TRUE(found.has_value());
  transport::InProcNetwork network(kWorkers + 1,
                                   {.header_bytes_max = wire::kHeaderBytesMax,
                                    .payload_bytes_max = inputs.parameter_count() * sizeof(float)});
  const std::unique_ptr<transport::Transport> server = network.endpoint(kServerRank);
  std::ostringstream screen;
  const std::atomic<bool> stop = false;
  const RunDirectory directory(directory_.path(), inputs.config(), true);
  const RunOutcome outcome = serve(inputs, directory, *server, {screen, stop, {.quiet = true}}, {},
                                   std::move(found->content));
  EXPECT_EQ(outcome.reason, StopReason::NoWorkers);
  EXPECT_EQ(exit_code(outcome), 3);  // with 75 a job would be queued again and again
}

TEST_F(CheckpointTest, a_changed_bit_is_found_wherever_it_matters) {
  const RunInputs inputs(barrier_run());
  const std::filesystem::path file = directory_.path() / "one.h5";
  Checkpoint checkpoint = describe_run(inputs, kWorkers);
  checkpoint.model.parameters.assign(inputs.parameter_count(), 0.5F);
  checkpoint.server.assign(100, std::byte{1});
  checkpoint.node.assign(50, std::byte{2});
  checkpoint.workers[Rank{2}] = {7, std::make_shared<const Bytes>(200, std::byte{3})};
  save_checkpoint(file, checkpoint);
  const std::string bytes = data::test::read_bytes(file);
  RandomStream random(5, RandomPurpose::Test);
  int refused = 0;
  for (int trial = 0; trial < 300; ++trial) {
    std::string changed = bytes;
    char& byte = changed[random.below(changed.size())];
    byte = static_cast<char>(byte ^ (1 << random.below(8)));
    std::ofstream(file, std::ios::binary) << changed;
    try {
      const Checkpoint found = load_checkpoint(file);
      EXPECT_EQ(found.config, checkpoint.config);
      EXPECT_EQ(found.server, checkpoint.server);
      EXPECT_EQ(found.node, checkpoint.node);
      EXPECT_EQ(found.model.parameters, checkpoint.model.parameters);
      EXPECT_EQ(*found.workers.at(Rank{2}).bytes, *checkpoint.workers.at(Rank{2}).bytes);
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 30);
}

TEST_F(CheckpointTest, another_run_is_refused_by_what_differs) {
  const RunConfig config = barrier_run();
  const RunInputs inputs(config);
  run_cluster(inputs, kWorkers, 3, ClusterLife{directory_.path(), false, 0});
  const auto found = newest_checkpoint(RunDirectory::checkpoints_of(directory_.path()),
                                       [](const std::string& why) { ADD_FAILURE() << why; });
  ASSERT_TRUE(found.has_value());
  const auto complaint = [&](const RunConfig& other, std::uint32_t workers) -> std::string {
    try {
      check_resumable(*found, RunInputs(other), workers);
      return "none";
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(complaint(config, kWorkers), "none");
  RunConfig longer = config;
  longer.stop.server.max_rounds = 99;
  longer.checkpoint.keep = 9;
  longer.liveness.worker_timeout = seconds(99.0);
  EXPECT_EQ(complaint(longer, kWorkers), "none");

  EXPECT_THAT(complaint(config, 4), HasSubstr("number of workers: expected 3"));
  RunConfig other = config;
  other.train.minibatch = 8;
  EXPECT_THAT(
      complaint(other, kWorkers),
      HasSubstr("key 'train.minibatch': expected 16, with which the run was begun, found 8"));
  other = config;
  other.strategy.type = StrategyKind::Asp;
  EXPECT_THAT(complaint(other, kWorkers), HasSubstr("strategy: expected bsp"));
  test::TestRun bigger(600);
  other = config;
  other.data.file = bigger.config.data.file;
  EXPECT_THAT(complaint(other, kWorkers), HasSubstr("data set: expected 500 training rows"));
  test::write_clouds(bigger.config.data.file, 500, 99);  // the same training rows, other test rows
  EXPECT_THAT(complaint(other, kWorkers), HasSubstr(", content "));
  other = config;
  other.model_file = run_.directory.write("other.toml",
                                          "name = \"other\"\ninput = [8]\n"
                                          "initializer = \"he_normal\"\n"
                                          "[[layer]]\ntype = \"dense\"\nunits = 3\n");
  EXPECT_THAT(complaint(other, kWorkers), HasSubstr("model: expected 'small'"));
}

}  // namespace
}  // namespace hermes::runtime
