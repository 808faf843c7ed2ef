#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hermes/runtime/run_config.hpp"
#include "hermes/runtime/run_inputs.hpp"
#include "hermes/runtime/server_node.hpp"
#include "hermes/runtime/trainer.hpp"
#include "hermes/telemetry/run_summary.hpp"
#include "runtime/temporary_directory.hpp"

/// Small runs that the tests make for themselves: data set, model file, configuration, and a
/// cluster whose nodes take turns in one thread.
namespace hermes::runtime::test {

/// Three well separated clouds of points with eight features, in chunks of 16 rows; test rows, no
/// validation rows.
void write_clouds(const std::filesystem::path& file, std::uint64_t train_rows,
                  std::uint64_t test_rows = 100);

/// Row i of /train has 1 at feature i and 0 elsewhere, and label i % 2: which rows were trained
/// can be read off the weights of a dense layer. Chunks of 16 rows; /validation has 8 rows.
void write_one_hot(const std::filesystem::path& file, std::uint64_t rows);

/// Models for the two data sets.
inline constexpr const char* kCloudsModel = R"(
name = "small"
input = [8]
initializer = "xavier_uniform"
[[layer]]
type = "dense"
units = 12
[[layer]]
type = "relu"
[[layer]]
type = "dropout"
rate = 0.1
[[layer]]
type = "dense"
units = 3
)";
/// The same for clouds, with running statistics: the last 24 of its values.
inline constexpr const char* kNormalisedModel = R"(
name = "normalised"
input = [8]
initializer = "xavier_uniform"
[[layer]]
type = "dense"
units = 12
[[layer]]
type = "batch_norm"
[[layer]]
type = "relu"
[[layer]]
type = "dense"
units = 3
)";
inline constexpr std::size_t kNormalisedStatistics = 24;
std::string linear_model(std::uint64_t inputs);

/// A directory with a data set and a model, and a configuration that names them: clouds with 100
/// of the training rows for validation, plain sgd with momentum, no limit but `max_rounds`.
class TestRun {
 public:
  explicit TestRun(std::uint64_t train_rows = 500);

  TemporaryDirectory directory;
  RunConfig config;
};

/// The clouds as pictures of 2 x 4 pixels, and a linear model of them.
class PictureRun {
 public:
  PictureRun();

  TemporaryDirectory directory;
  RunConfig config;
};

/// Points of a plane and two numbers for each, which a linear model can tell exactly.
class NumbersRun {
 public:
  NumbersRun();

  TemporaryDirectory directory;
  RunConfig config;
};

/// The same with one-hot rows, all of them for training, mini-batches of one row and a rate that
/// moves a weight by about 0.0005 whenever its row is trained.
class OneHotRun {
 public:
  static constexpr double kChange = 0.0005;
  explicit OneHotRun(std::uint64_t rows);

  TemporaryDirectory directory;
  RunConfig config;
};

/// How often each row of a one-hot set was trained since the initial model.
std::vector<int> times_trained(const RunInputs& inputs, const Trainer& trainer);

protocol::Assignment assignment_of(const RunInputs& inputs, Rank rank, std::uint32_t workers = 1);
/// Gives a trainer the initial model and reads its rows.
void prepare(Trainer& trainer, const protocol::Assignment& assignment);
std::vector<float> weights(const Trainer& trainer);

/// Advances until the work at hand is done.
protocol::WorkerEvent finish(Trainer& trainer);
protocol::RoundOutcome train_round(Trainer& trainer, bool validate = false);

/// What is left of a run whose nodes took turns.
struct ClusterResult {
  protocol::StopReason reason = protocol::StopReason::Failed;
  std::vector<std::string> worker_details;
  std::optional<BestModel> best;
  std::vector<std::string> evaluations;  ///< version, loss and accuracy of each, as in metrics.csv
  telemetry::RunSummary summary;
};

/// A cluster that keeps checkpoints in a directory of its own, and may be killed.
struct ClusterLife {
  std::filesystem::path directory;
  bool resumes = false;         ///< from the newest checkpoint in the directory
  std::uint64_t turns_max = 0;  ///< after so many turns all nodes are gone at once; 0: never
};

/// Server and workers over an in-process transport in this thread. Each next turn goes to a node
/// drawn from `turn_seed`; some nodes get far fewer turns than others, which ones too is drawn.
/// With data.delivery = "server" the workers make do with what rank 0 tells and sends.
/// Of one that is killed only what the directory holds is left; its reason is Failed.
ClusterResult run_cluster(const RunInputs& inputs, std::uint32_t workers, std::uint64_t turn_seed,
                          const std::optional<ClusterLife>& life = {});

}  // namespace hermes::runtime::test
