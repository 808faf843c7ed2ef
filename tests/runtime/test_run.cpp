#include "runtime/test_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <span>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <variant>

#include <gtest/gtest.h>
#include "data/support.hpp"

#include "hermes/core/random.hpp"
#include "hermes/protocol/partition.hpp"
#include "hermes/runtime/fault_injector.hpp"
#include "hermes/runtime/run_directory.hpp"
#include "hermes/runtime/served_rows.hpp"
#include "hermes/runtime/worker_node.hpp"
#include "hermes/transport/in_proc_network.hpp"
#include "hermes/wire/codec.hpp"

namespace hermes::runtime::test {
namespace {

constexpr std::size_t kFeatures = 8;
constexpr std::size_t kClasses = 3;
constexpr hsize_t kChunkRows = 16;

struct Rows {
  std::vector<float> x;
  std::vector<std::int64_t> y;
};

Rows draw_clouds(std::uint64_t count, RandomStream& random) {
  Rows rows;
  for (std::uint64_t row = 0; row < count; ++row) {
    const std::uint64_t label = random.below(kClasses);
    rows.y.push_back(static_cast<std::int64_t>(label));
    for (std::size_t feature = 0; feature < kFeatures; ++feature) {
      const double center = feature % kClasses == label ? 2.0 : 0.0;
      rows.x.push_back(static_cast<float>(center + 0.5 * random.normal()));
    }
  }
  return rows;
}

Rows one_hot(std::uint64_t count, std::uint64_t features) {
  Rows rows{std::vector<float>(count * features), {}};
  for (std::uint64_t row = 0; row < count; ++row) {
    rows.x[row * features + row] = 1.0F;
    rows.y.push_back(static_cast<std::int64_t>(row % 2));
  }
  return rows;
}

void put(data::test::H5Builder& file, const std::string& split, const std::vector<hsize_t>& shape,
         const Rows& rows) {
  std::vector<hsize_t> dims{rows.y.size()};
  dims.insert(dims.end(), shape.begin(), shape.end());
  std::vector<hsize_t> chunk = dims;
  chunk[0] = std::min<hsize_t>(kChunkRows, rows.y.size());
  file.put(split + "/x", dims, rows.x, {.chunk = chunk});
  file.put(split + "/y", {rows.y.size()}, rows.y);
}

void write_clouds(const std::filesystem::path& file, std::uint64_t train_rows,
                  std::uint64_t test_rows, const std::vector<hsize_t>& shape) {
  RandomStream random(11, RandomPurpose::Test);
  data::test::H5Builder builder(file);
  put(builder, "train", shape, draw_clouds(train_rows, random));
  put(builder, "test", shape, draw_clouds(test_rows, random));
}

RunConfig base_config(const TemporaryDirectory& directory) {
  RunConfig config;
  config.model_file = directory.path() / "model.toml";
  config.data.file = directory.path() / "data.h5";
  config.data.prefetch = false;  // tests of the thread switch it on
  config.train.optimizer.learning_rate = 0.02;
  config.allocation.initial_rows = 1000000;
  config.stop.server.patience = 0;
  config.stop.server.max_rounds = 5;
  config.evaluate_every_merges = 1;
  return config;
}

/// The evaluations of a run without what depends on when they were made.
std::vector<std::string> evaluation_rows(const std::filesystem::path& metrics) {
  std::istringstream lines(data::test::read_bytes(metrics));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::vector<std::string> row;
    for (std::string field; std::getline(fields, field, ',');) {
      row.push_back(field);
    }
    if (row.front() == "evaluation") {
      rows.push_back(row.at(4) + "," + row.at(13) + "," + row.at(14));
    }
  }
  return rows;
}

/// Whose turn it is: each rank has a drawn weight between 1 and 16.
class Turns {
 public:
  Turns(std::uint32_t ranks, std::uint64_t seed) : random_(seed, RandomPurpose::Test) {
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
      const std::uint64_t weight = std::uint64_t{1} << random_.below(5);
      tickets_.insert(tickets_.end(), weight, rank);
    }
  }

  std::uint32_t next() { return tickets_[random_.below(tickets_.size())]; }

 private:
  RandomStream random_;
  std::vector<std::uint32_t> tickets_;
};

void take_turn(ServerNode& node, FaultInjector& faults) {
  faults.strike(0);
  if (!faults.is_frozen()) {
    node.turn();
  }
}

void take_turn(WorkerNode& node, FaultInjector& faults) {
  if (node.is_finished()) {
    return;
  }
  while (const std::optional<Fault> fault = faults.strike(node.rounds())) {
    node.suffer(*fault);
  }
  if (!faults.is_killed() && !faults.is_frozen()) {
    node.turn();
  }
}

std::unique_ptr<Trainer> make_served_trainer(const RunInputs& inputs, Channel& channel) {
  auto rows = std::make_unique<ServedRows>(channel);
  channel.hand_data_to(
      [served = rows.get()](Rank, const wire::DataMessage& message) { served->take(message); });
  return std::make_unique<Trainer>(inputs, channel.rank(), std::move(rows));
}

}  // namespace

void write_clouds(const std::filesystem::path& file, std::uint64_t train_rows,
                  std::uint64_t test_rows) {
  write_clouds(file, train_rows, test_rows, {kFeatures});
}

void write_one_hot(const std::filesystem::path& file, std::uint64_t rows) {
  data::test::H5Builder builder(file);
  put(builder, "train", {rows}, one_hot(rows, rows));
  put(builder, "validation", {rows}, one_hot(8, rows));
  put(builder, "test", {rows}, one_hot(1, rows));
}

std::string linear_model(std::uint64_t inputs) {
  return "name = \"linear\"\ninput = [" + std::to_string(inputs) +
         "]\ninitializer = \"uniform\"\ninitializer_range = 0.001\n"
         "[[layer]]\ntype = \"dense\"\nunits = 2\n";
}

TestRun::TestRun(std::uint64_t train_rows) : config(base_config(directory)) {
  write_clouds(config.data.file, train_rows);
  directory.write("model.toml", kCloudsModel);
  config.data.validation = 100;
}

PictureRun::PictureRun() : config(base_config(directory)) {
  write_clouds(config.data.file, 500, 100, {1, 2, 4});
  directory.write("model.toml",
                  "name = \"pictures\"\ninput = [1, 2, 4]\ninitializer = \"xavier_uniform\"\n"
                  "[[layer]]\ntype = \"flatten\"\n[[layer]]\ntype = \"dense\"\nunits = 3\n");
  config.data.validation = 100;
}

NumbersRun::NumbersRun() : config(base_config(directory)) {
  RandomStream random(12, RandomPurpose::Test);
  data::test::H5Builder builder(config.data.file);
  for (const auto& [split, rows] : {std::pair<std::string, hsize_t>{"train", 500}, {"test", 100}}) {
    std::vector<float> x;
    std::vector<double> y;
    for (hsize_t row = 0; row < rows; ++row) {
      const double a = random.normal();
      const double b = random.normal();
      x.insert(x.end(), {static_cast<float>(a), static_cast<float>(b)});
      y.insert(y.end(), {a - 0.5 * b + 0.25, 2.0 * b});
    }
    builder.put(split + "/x", {rows, 2}, x).put(split + "/y", {rows, 2}, y);
  }
  directory.write("model.toml", test::linear_model(2));
  config.data.validation = 100;
  config.train.loss = LossKind::MeanSquaredError;
}

OneHotRun::OneHotRun(std::uint64_t rows) : config(base_config(directory)) {
  write_one_hot(config.data.file, rows);
  directory.write("model.toml", linear_model(rows));
  config.train.optimizer.momentum = 0.0;
  config.train.optimizer.learning_rate = 2.0 * kChange;  // the softmax of two stays near 1/2
  config.train.minibatch = 1;
}

std::vector<int> times_trained(const RunInputs& inputs, const Trainer& trainer) {
  const nn::ParameterTensor& weight = trainer.network().named_parameters().front();
  std::vector<float> before(weight.size());
  std::vector<float> after(weight.size());
  nn::export_tensor(weight, inputs.initial().values(), before);
  nn::export_tensor(weight, trainer.network().parameters(), after);
  std::vector<int> times;
  for (std::size_t row = 0; row < weight.size() / 2; ++row) {
    const double change = std::abs(static_cast<double>(after[row]) - before[row]);
    times.push_back(static_cast<int>(std::lround(change / OneHotRun::kChange)));
  }
  return times;
}

protocol::WorkerEvent finish(Trainer& trainer) {
  while (trainer.is_busy()) {
    if (std::optional<protocol::WorkerEvent> event = trainer.advance()) {
      return *event;
    }
    if (trainer.is_waiting()) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
  throw std::logic_error("the trainer ended without an event");
}

protocol::Assignment assignment_of(const RunInputs& inputs, Rank rank, std::uint32_t workers) {
  const RunConfig& config = inputs.config();
  return protocol::make_assignment(inputs.partition(workers), rank,
                                   {config.allocation.initial_rows, config.train.minibatch, ""}, 1);
}

void prepare(Trainer& trainer, const protocol::Assignment& assignment) {
  trainer.adopt(protocol::ModelSource::Initial, {});
  trainer.load(assignment);
  EXPECT_TRUE(std::holds_alternative<protocol::AssignmentLoaded>(finish(trainer)));
}

std::vector<float> weights(const Trainer& trainer) {
  const std::span<const float> values = trainer.network().parameters();
  return {values.begin(), values.end()};
}

protocol::RoundOutcome train_round(Trainer& trainer, bool validate) {
  trainer.start_round({.validation = validate}, false);
  return std::get<protocol::RoundFinished>(finish(trainer)).outcome;
}

ClusterResult run_cluster(const RunInputs& inputs, std::uint32_t workers, std::uint64_t turn_seed,
                          const std::optional<ClusterLife>& life) {
  const std::size_t parameters = inputs.parameter_count();
  transport::InProcNetwork network(static_cast<std::int32_t>(workers) + 1,
                                   {.header_bytes_max = wire::kHeaderBytesMax,
                                    .payload_bytes_max = payload_bytes_max(inputs.config())});
  const bool is_served = inputs.config().data.delivery == Delivery::Server;
  std::optional<RunInputs> without_file;
  if (is_served) {
    without_file.emplace(inputs.config(), inputs.data_info());
  }
  const RunInputs& worker_inputs = is_served ? *without_file : inputs;
  std::vector<std::unique_ptr<transport::Transport>> endpoints;
  std::vector<std::unique_ptr<FaultInjector>> faults;
  std::vector<std::unique_ptr<Channel>> channels;
  std::vector<std::unique_ptr<Trainer>> trainers;
  std::vector<std::unique_ptr<WorkerNode>> nodes;
  for (std::uint32_t rank = 0; rank <= workers; ++rank) {
    endpoints.push_back(network.endpoint(Rank{static_cast<std::int32_t>(rank)}));
    faults.push_back(
        std::make_unique<FaultInjector>(inputs.config().faults, *endpoints.back(), [] {}));
    channels.push_back(std::make_unique<Channel>(
        faults.back()->transport(), parameters,
        rank == 0 ? inputs.config().payload_down() : inputs.config().payload_up()));
    if (rank > 0) {
      trainers.push_back(is_served ? make_served_trainer(worker_inputs, *channels.back())
                                   : std::make_unique<Trainer>(inputs, channels.back()->rank()));
      nodes.push_back(
          std::make_unique<WorkerNode>(worker_inputs, *channels.back(), *trainers.back()));
    }
  }
  const TemporaryDirectory temporary;
  const std::filesystem::path directory = life ? life->directory : temporary.path();
  const std::filesystem::path checkpoints = RunDirectory::checkpoints_of(directory);
  std::optional<FoundCheckpoint> found;
  if (life && life->resumes) {
    found = newest_checkpoint(checkpoints, [](const std::string& line) { ADD_FAILURE() << line; });
  }
  std::ostringstream screen;
  telemetry::RunRecorderConfig recorder_config;
  recorder_config.directory = directory;
  recorder_config.facts.workers = workers;
  recorder_config.goes_on = found.has_value();
  telemetry::RunRecorder recorder(recorder_config, screen);
  ServerNode server(inputs, workers, *channels.front(), recorder,
                    life ? std::optional(checkpoints) : std::nullopt,
                    found ? std::optional(std::move(found->content)) : std::nullopt);

  Turns turns(workers + 1, turn_seed);
  for (std::uint64_t turn = 0; !server.is_finished(); ++turn) {
    if (faults[0]->is_killed() || (life && life->turns_max > 0 && turn == life->turns_max)) {
      return {};
    }
    const std::uint32_t rank = turns.next();
    if (rank == 0) {
      take_turn(server, *faults[rank]);
    } else {
      take_turn(*nodes[rank - 1], *faults[rank]);
    }
    network.advance(seconds(0.0001));
  }
  ClusterResult result{server.reason(), {}, server.best(), {}, {}};
  for (const auto& node : nodes) {
    result.worker_details.push_back(node->detail());
  }
  result.summary = recorder.finish(std::nullopt, server.now(), server.bytes());
  result.evaluations = evaluation_rows(directory / "metrics.csv");
  return result;
}

}  // namespace hermes::runtime::test
