#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"
#include "hermes/data/augmentation.hpp"
#include "hermes/nn/loss.hpp"
#include "hermes/nn/optimizer_spec.hpp"
#include "hermes/nn/schedule.hpp"
#include "hermes/protocol/liveness.hpp"
#include "hermes/protocol/partition.hpp"
#include "hermes/protocol/round_length.hpp"
#include "hermes/protocol/server.hpp"
#include "hermes/protocol/strategy.hpp"
#include "hermes/runtime/fault.hpp"
#include "hermes/telemetry/telemetry_options.hpp"
#include "hermes/wire/payload_encoding.hpp"

namespace hermes::runtime {

using protocol::RoundLength;

enum class LossKind : std::uint8_t { CrossEntropy, MeanSquaredError };
enum class OptimizerKind : std::uint8_t { Sgd, Adam, Adamw };
enum class ScheduleKind : std::uint8_t { Constant, Step, Cosine };
enum class StrategyKind : std::uint8_t { Hermes, Bsp, Asp, Ssp, Ebsp, SelSync, Timebox };
enum class AllocationKind : std::uint8_t { Static, Adaptive };
/// How a run names wire::PayloadEncoding; Topk is Sparse after wire::ErrorFeedback.
enum class PayloadFormat : std::uint8_t { Auto, Fp32, Fp16, Bf16, Int8, Topk };

/// How rows come to the workers.
enum class Delivery : std::uint8_t {
  File,    ///< each rank reads the data set file
  Server,  ///< rank 0 reads it and sends the rows
};

/// [data]
struct DataSettings {
  std::filesystem::path file;  ///< HDF5 data set; required
  /// Rows split off the training rows when the file has no validation rows of its own; >= 1.
  /// Absent: 5000, but at most half of the rows.
  std::optional<std::uint64_t> validation;
  std::uint64_t validation_seed = 0;    ///< which rows; 0: the run's seed decides
  std::uint64_t evaluation_rows = 500;  ///< validation rows that gate, merge weights and stopping
                                        ///< look at; >= 1
  protocol::PartitionKind partition = protocol::PartitionKind::Shared;
  std::uint32_t labels_per_worker = 0;  ///< by_label: pieces of the sorted rows; 0: one
  Delivery delivery = Delivery::File;
  bool prefetch = true;  ///< the next rows are fetched while the present ones train

  std::uint64_t validation_of(std::uint64_t train_rows) const;

  friend bool operator==(const DataSettings&, const DataSettings&) = default;
};

/// [train.optimizer]. One table for all types: what the chosen type does not have waits unused.
struct OptimizerSettings {
  OptimizerKind type = OptimizerKind::Sgd;
  double learning_rate = 0.05;         ///< > 0; the base rate of the schedule
  double momentum = 0.9;               ///< sgd; in [0, 1)
  bool nesterov = false;               ///< sgd; needs momentum > 0
  std::optional<double> weight_decay;  ///< >= 0; absent: 0, for adamw 0.01
  bool decay_biases = true;            ///< it pulls at biases as well, as in PyTorch
  double beta1 = 0.9;                  ///< adam, adamw; in [0, 1)
  double beta2 = 0.999;                ///< adam, adamw; in [0, 1)
  double epsilon = 1e-8;               ///< adam, adamw; > 0

  nn::OptimizerSpec spec() const;

  friend bool operator==(const OptimizerSettings&, const OptimizerSettings&) = default;
};

/// [train.schedule]. One table for all types, as in OptimizerSettings. Steps are a worker's own.
struct ScheduleSettings {
  ScheduleKind type = ScheduleKind::Constant;
  std::uint64_t warmup_steps = 0;  ///< all types
  std::uint64_t every_steps = 0;   ///< step; >= 1 when that is the type
  double factor = 0.1;             ///< step; in (0, 1]
  std::uint64_t total_steps = 0;   ///< cosine; >= 1 when that is the type; without the warm-up
  double floor = 0.0;              ///< cosine; in [0, 1], a part of the base rate

  nn::ScheduleSpec spec() const;

  friend bool operator==(const ScheduleSettings&, const ScheduleSettings&) = default;
};

/// [train]
struct TrainSettings {
  RoundLength round;             ///< keys epochs_per_round and steps_per_round: one of them
  std::uint32_t minibatch = 16;  ///< rows; >= 1
  LossKind loss = LossKind::CrossEntropy;
  double label_smoothing = 0.0;  ///< cross_entropy; in [0, 1]
  data::Augmentation augment;
  OptimizerSettings optimizer;
  ScheduleSettings schedule;

  /// What gradients are taken of.
  nn::LossSpec loss_spec() const;
  /// What is measured on validation and test rows: without the smoothing, so that it tells the same
  /// of every run.
  nn::LossSpec measured_loss_spec() const;
  nn::LearningRate learning_rate() const;

  friend bool operator==(const TrainSettings&, const TrainSettings&) = default;
};

/// [strategy] with one table per strategy; those not chosen wait unused (but are checked).
struct StrategySettings {
  StrategyKind type = StrategyKind::Hermes;
  protocol::HermesConfig hermes;
  protocol::BspConfig bsp;
  protocol::AspConfig asp;
  protocol::SspConfig ssp;
  protocol::EbspConfig ebsp{.horizon = 0};  ///< 0: 150 where a round is one step, else 6
  protocol::SelSyncConfig selsync;
  protocol::TimeboxConfig timebox;

  /// The chosen one, for rounds of this length.
  protocol::StrategyConfig spec(const RoundLength& round) const;

  friend bool operator==(const StrategySettings&, const StrategySettings&) = default;
};

/// [allocation]
struct AllocationSettings {
  AllocationKind type = AllocationKind::Static;
  std::uint64_t initial_rows = 2500;  ///< rows of a worker's shard; >= 1
  // The rest is for adaptive; see protocol::AdaptiveAllocationConfig.
  std::uint64_t rows_min = 64;          ///< >= 1
  std::uint32_t minibatch_min = 2;      ///< a power of two
  std::uint32_t minibatch_max = 256;    ///< a power of two, >= minibatch_min
  double tolerance = 0.1;               ///< in (0, 1)
  std::uint32_t outlying_rounds = 2;    ///< >= 1
  std::optional<std::uint64_t> memory;  ///< bytes that a rank may use; absent: what it finds
  double memory_fraction = 0.8;         ///< of what a rank finds; in (0, 1]

  friend bool operator==(const AllocationSettings&, const AllocationSettings&) = default;
};

/// [wire]: how parameters cross it.
struct WireSettings {
  PayloadFormat payload = PayloadFormat::Auto;  ///< of what workers push
  PayloadFormat down = PayloadFormat::Auto;     ///< of models to workers; never Topk
  double topk_fraction = 0.01;                  ///< topk: part of the values sent; in (0, 1]

  friend bool operator==(const WireSettings&, const WireSettings&) = default;
};

/// [stop]. Zero: no such limit; at least one limit is set.
struct StopSettings {
  protocol::StopConfig server;  ///< what the protocol watches
  std::uint64_t max_bytes = 0;  ///< of payload and headers, both ways, as the server counts them

  friend bool operator==(const StopSettings&, const StopSettings&) = default;
};

/// [checkpoint]
struct CheckpointSettings {
  Duration every = seconds(60.0);  ///< 0: only when the run is interrupted or all workers are gone
  Duration patience = seconds(20.0);  ///< an interrupted run waits so long for the workers' states
  std::uint32_t keep = 3;             ///< files; 0: no checkpoints

  friend bool operator==(const CheckpointSettings&, const CheckpointSettings&) = default;
};

/// [cluster]
struct ClusterSettings {
  std::uint32_t min_workers = 0;  ///< fewer are an error; 0: one rank may train alone
  std::uint32_t threads = 0;      ///< BLAS threads per rank; 0: the cores that it owns

  friend bool operator==(const ClusterSettings&, const ClusterSettings&) = default;
};

/// [[worker]]: settings of some workers; a later table wins over an earlier one.
struct WorkerSettings {
  std::vector<std::uint64_t> ranks;      ///< whom it concerns, from 1; or else
  std::optional<std::string> host;       ///< a pattern of host names, with * and ?
  std::optional<std::uint64_t> memory;   ///< instead of allocation.memory
  std::optional<std::uint64_t> threads;  ///< instead of cluster.threads
  std::optional<double> slowdown;        ///< >= 1

  bool concerns(Rank rank, const std::string& host_name) const;

  friend bool operator==(const WorkerSettings&, const WorkerSettings&) = default;
};

/// What of the configuration holds for one rank.
struct RankSettings {
  std::optional<std::uint64_t> memory;  ///< bytes
  std::uint32_t threads = 0;            ///< BLAS threads; 0: the cores that it owns
  double slowdown = 1.0;  ///< stays idle for (slowdown - 1) times the time of each slice of work

  friend bool operator==(const RankSettings&, const RankSettings&) = default;
};

/// Everything that a run's TOML file (DESIGN section 7) can say, with its defaults. `known_keys()`
/// lists the keys; src/runtime/config/run_config_keys.cpp is where a new one is added.
struct RunConfig {
  std::string name = "run";  ///< not empty
  std::uint64_t seed = 1;    ///< below 2^63
  std::filesystem::path model_file;
  std::optional<std::string> initial_weights;  ///< a file; else the model's initializer
  DataSettings data;
  TrainSettings train;
  StrategySettings strategy;
  AllocationSettings allocation;
  WireSettings wire;
  StopSettings stop;
  std::uint64_t evaluate_every_merges = 0;  ///< 0: see `evaluation_interval`
  protocol::LivenessConfig liveness;
  CheckpointSettings checkpoint;
  telemetry::TelemetryOptions telemetry;  ///< [telemetry]
  ClusterSettings cluster;
  std::vector<WorkerSettings> workers;  ///< [[worker]]
  std::vector<Fault> faults;            ///< [[fault]]

  /// Of [strategy], with what is left to the program settled.
  protocol::StrategyConfig strategy_spec() const;
  protocol::AllocationConfig allocation_spec() const;
  /// [[worker]] tables are for workers: the server has the settings of [allocation] and [cluster].
  RankSettings settings_of(Rank rank, const std::string& host_name) const;

  /// The encoding of pushes; `auto` is fp32, with timebox int8 (RunInputs may make it fp16).
  wire::PayloadEncoding payload_up() const;
  /// The encoding of models to workers; `auto` is that of pushes, but fp32 beside topk.
  wire::PayloadEncoding payload_down() const;
  /// True when either way loses something: then models must not be averaged, only differences.
  bool has_lossy_payload() const;

  friend bool operator==(const RunConfig&, const RunConfig&) = default;
};

/// Reads a run configuration. Each override is `key=value` with a dotted key, as after `--set`:
/// the value is a TOML value, or else a bare word that stands for a string. An override replaces
/// what the file says; one of epochs_per_round and steps_per_round replaces the other.
///
/// Relative paths of model and data: the first that exists of the path as it is (from the current
/// directory), from the directory of the file, from that one's parent; so jobs/x.toml that names
/// models/cnn.toml works from the project's root and in an installed tree. What is found becomes
/// absolute; what is not found stays as written, for whoever opens it to complain.
/// Throws ConfigError, one line: `FILE:LINE: key 'a.b': expected X, found Y`.
RunConfig load_run_config(const std::filesystem::path& file,
                          std::span<const std::string> overrides = {});

/// The same from text; `origin` stands for the file in messages and for resolving paths.
RunConfig parse_run_config(std::string_view text, const std::filesystem::path& origin,
                           std::span<const std::string> overrides = {});

/// The resolved configuration as a TOML file with every key; loading it gives an equal RunConfig.
std::string to_toml(const RunConfig& config);

/// Merges between two evaluations of the global model: `evaluate_every_merges`, or where that is 0:
/// every merge where hermes weighs by loss and for timebox (whose boxes have no rows to count by),
/// else about ten times per pass of all workers over `train_rows` rows.
std::uint64_t evaluation_interval(const RunConfig& config, std::uint64_t train_rows,
                                  std::uint32_t workers);

}  // namespace hermes::runtime
