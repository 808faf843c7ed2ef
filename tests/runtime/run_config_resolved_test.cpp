#include <gtest/gtest.h>

#include "hermes/runtime/run_config.hpp"

namespace hermes::runtime {
namespace {

/// Shifts every value, to see that each member is behind a key.
RunConfig everything_changed() {
  RunConfig c;
  c.name = "other";
  c.seed = 2;
  c.model_file = "m.toml";
  c.initial_weights = "w.safetensors";
  c.data = {"d.h5", 6, 44, 7, protocol::PartitionKind::ByLabel, 33, Delivery::Server, false};
  c.train.round = {RoundLength::Unit::Steps, 8};
  c.train.minibatch = 9;
  c.train.loss = LossKind::MeanSquaredError;
  c.train.label_smoothing = 0.1875;
  c.train.augment = {true, 5};
  c.train.optimizer = {OptimizerKind::Adamw, 0.125, 0.25, true, 0.375, false, 0.5, 0.625, 0.75};
  c.train.schedule = {ScheduleKind::Cosine, 10, 11, 0.5, 12, 0.0625};
  c.strategy.type = StrategyKind::Asp;
  const auto server = [](double first) {
    return protocol::ServerOptimizerConfig{protocol::ServerOptimizerKind::Adam, first + 0.5, 0.125,
                                           0.25, first + 0.75};
  };
  c.strategy.hermes = {{protocol::GateKind::Coin, 0.75, 31, 32, -2.5, 0.5, 13, 14, false, true},
                       protocol::HermesMerge::Delta,
                       protocol::LossSource::Server,
                       1.5,
                       server(1.0),
                       true};
  c.strategy.bsp = {server(2.0)};
  c.strategy.asp = {server(3.0)};
  c.strategy.ssp = {server(4.0), 27};
  c.strategy.ebsp = {server(5.0), 28};
  c.strategy.selsync = {0.625, 29, 0.375};
  c.strategy.timebox = {server(6.0), 30.5, 0.75, false, 0.5};
  c.allocation = {AllocationKind::Adaptive, 15, 27, 4, 128, 0.25, 28, 1536, 0.5};
  c.wire = {PayloadFormat::Topk, PayloadFormat::Bf16, 0.375};
  c.workers.resize(2);
  c.workers[0].ranks = {1, 3};
  c.workers[0].memory = std::uint64_t{64} << 20U;
  c.workers[0].threads = 27;
  c.workers[0].slowdown = 2.5;
  c.workers[1].host = "node*";
  c.workers[1].slowdown = 3.5;
  c.faults.resize(2);
  c.faults[0] = {
      .rank = 3, .kind = FaultKind::Slow, .at_round = 48, .seconds = 49.5, .factor = 5.5};
  c.faults[1] = {.rank = 0, .kind = FaultKind::Cut, .at_seconds = 50.5, .seconds = 51.5};
  c.stop = {{16, 17, seconds(18.5), 0.5}, 19};
  c.evaluate_every_merges = 20;
  c.liveness.heartbeat = seconds(1.5);
  c.liveness.worker_timeout = seconds(21.5);
  c.liveness.server_timeout = seconds(22.5);
  c.liveness.gather_timeout = seconds(23.5);
  c.liveness.drain_timeout = seconds(24.5);
  c.checkpoint = {.every = seconds(45.5), .patience = seconds(47.5), .keep = 46};
  c.telemetry = {
      .trace = false, .trace_max_bytes = 57, .tensorboard = true, .openmetrics = "m.prom"};
  c.cluster = {25, 26};
  return c;
}

constexpr std::string_view kEverythingChanged = R"(name = "other"
seed = 2

[model]
file = "m.toml"
init = "w.safetensors"

[data]
file = "d.h5"
validation = 6
validation_seed = 44
evaluation_rows = 7
partition = "by_label"
labels_per_worker = 33
delivery = "server"
prefetch = false

[train]
steps_per_round = 8
minibatch = 9
loss = "mse"
label_smoothing = 0.1875

[train.augment]
flip = true
crop_padding = 5

[train.optimizer]
type = "adamw"
learning_rate = 0.125
momentum = 0.25
nesterov = true
weight_decay = 0.375
decay_biases = false
beta1 = 0.5
beta2 = 0.625
epsilon = 0.75

[train.schedule]
type = "cosine"
warmup_steps = 10
every_steps = 11
factor = 0.5
total_steps = 12
floor = 0.0625

[strategy]
type = "asp"

[strategy.hermes]
gate = "coin"
alpha = -2.5
beta = 0.5
lambda = 13
window = 14
clear_window = false
reset_threshold = true
max_silent = 32
push_probability = 0.75
push_period = 31
staleness_exponent = 1.5
merge = "delta"
weights = "server"
overlap = true
server_optimizer = "adam"
server_learning_rate = 1.5
server_momentum = 0.125
server_beta2 = 0.25
server_epsilon = 1.75

[strategy.bsp]
server_optimizer = "adam"
server_learning_rate = 2.5
server_momentum = 0.125
server_beta2 = 0.25
server_epsilon = 2.75

[strategy.asp]
server_optimizer = "adam"
server_learning_rate = 3.5
server_momentum = 0.125
server_beta2 = 0.25
server_epsilon = 3.75

[strategy.ssp]
staleness = 27
server_optimizer = "adam"
server_learning_rate = 4.5
server_momentum = 0.125
server_beta2 = 0.25
server_epsilon = 4.75

[strategy.ebsp]
horizon = 28
server_optimizer = "adam"
server_learning_rate = 5.5
server_momentum = 0.125
server_beta2 = 0.25
server_epsilon = 5.75

[strategy.selsync]
delta = 0.625
window = 29
smoothing = 0.375

[strategy.timebox]
box_seconds = 30.5
grace = 0.75
overlap = false
contribution_cut = 0.5
server_optimizer = "adam"
server_learning_rate = 6.5
server_momentum = 0.125
server_beta2 = 0.25
server_epsilon = 6.75

[allocation]
type = "adaptive"
initial_rows = 15
memory = "1536B"
memory_fraction = 0.5
rows_min = 27
minibatch_min = 4
minibatch_max = 128
tolerance = 0.25
outlying_rounds = 28

[wire]
payload = "topk"
down = "bf16"
topk_fraction = 0.375

[stop]
patience = 16
max_rounds = 17
max_seconds = 18.5
max_bytes = 19
target_accuracy = 0.5

[evaluation]
every_merges = 20

[liveness]
heartbeat_seconds = 1.5
worker_timeout_seconds = 21.5
server_timeout_seconds = 22.5
gather_timeout_seconds = 23.5
drain_timeout_seconds = 24.5

[checkpoint]
every_seconds = 45.5
keep = 46
patience_seconds = 47.5

[telemetry]
trace = false
trace_max_bytes = 57
tensorboard = true
openmetrics = "m.prom"

[cluster]
min_workers = 25
threads = 26

[[worker]]
ranks = [1, 3]
memory = "64MiB"
threads = 27
slowdown = 2.5

[[worker]]
host = "node*"
slowdown = 3.5

[[fault]]
rank = 3
kind = "slow"
at_round = 48
seconds = 49.5
factor = 5.5

[[fault]]
rank = 0
kind = "cut"
at_seconds = 50.5
seconds = 51.5
)";

TEST(RunConfigResolvedTest, resolved_file_has_every_member_in_its_table) {
  EXPECT_EQ(to_toml(everything_changed()), kEverythingChanged);
  EXPECT_EQ(parse_run_config(kEverythingChanged, "config.toml"), everything_changed());
}

}  // namespace
}  // namespace hermes::runtime
