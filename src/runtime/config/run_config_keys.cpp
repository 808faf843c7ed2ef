#include "runtime/config/run_config_keys.hpp"

namespace hermes::runtime {
namespace {

// Limits that keep sums and products of settings far from overflow; no real run comes near.
constexpr IntegerRange kRows{.min = 1, .max = 1'000'000'000'000};
constexpr IntegerRange kMinibatchBound{.min = 1, .max = 65'536};
constexpr IntegerRange kThreads{.min = 1, .max = 1024};
constexpr RealRange kTime{.min = 0.0, .max = 1e9, .above_min = true};
constexpr RealRange kTimeOrNone{.min = 0.0, .max = 1e9};

constexpr std::array<std::string_view, 3> kPartitions{"shared", "disjoint", "by_label"};
constexpr std::array<std::string_view, 2> kDeliveries{"file", "server"};
constexpr std::array<std::string_view, 2> kAllocations{"static", "adaptive"};
constexpr std::array<std::string_view, 6> kPayloads{"auto", "fp32", "fp16", "bf16", "int8", "topk"};
constexpr std::array<std::string_view, 5> kModelPayloads{"auto", "fp32", "fp16", "bf16", "int8"};
constexpr std::array<std::string_view, 6> kFaults{"kill", "freeze",    "slow",
                                                  "cut",  "malformed", "non_finite"};

void path(KeyVisitor& v, const Key& key, std::filesystem::path& value) {
  std::string text = value.string();
  v.text(key, text);
  value = text;
}

void visit(KeyVisitor& v, DataSettings& data) {
  path(v, {"data.file", "HDF5 data set", true}, data.file);
  v.optional_integer({"data.validation",
                      "training rows split off for validation when the file has no validation "
                      "rows; absent: 5000, but at most half of them"},
                     data.validation, kRows);
  v.integer(
      {"data.validation_seed",
       "which rows those are; the same for runs whose accuracies are compared; 0: the run's seed"},
      data.validation_seed, {});
  v.integer(
      {"data.evaluation_rows", "validation rows that gate, merge weights and stopping look at"},
      data.evaluation_rows, kRows);
  v.choice({"data.partition", "which training rows each worker draws from"}, data.partition,
           kPartitions);
  v.small_integer({"data.labels_per_worker",
                   "by_label: pieces of the rows sorted by label that a worker gets; 0: one"},
                  data.labels_per_worker, {.max = 1'000'000});
  v.choice(
      {"data.delivery",
       "each worker reads its rows from the file, or rank 0 sends them (no shared file system)"},
      data.delivery, kDeliveries);
  v.flag({"data.prefetch",
          "a thread reads the next rows while the present ones train; holds them twice in memory"},
         data.prefetch);
}

void visit(KeyVisitor& v, AllocationSettings& allocation) {
  v.choice(
      {"allocation.type",
       "how many rows each worker gets: the same for all, or so that rounds take equally long"},
      allocation.type, kAllocations);
  v.integer({"allocation.initial_rows", "rows that a worker holds in memory at a time"},
            allocation.initial_rows, kRows);
  v.byte_size(
      {"allocation.memory",
       "what each rank may use; 'auto': a part of what its machine, job and limits leave it"},
      allocation.memory, "auto");
  v.real({"allocation.memory_fraction", "with 'auto': that part"}, allocation.memory_fraction,
         {.min = 0.0, .max = 1.0, .above_min = true});
  v.integer({"allocation.rows_min", "adaptive: no worker gets fewer rows, if it can hold them"},
            allocation.rows_min, kRows);
  v.small_integer({"allocation.minibatch_min", "adaptive: smallest mini-batch; a power of two"},
                  allocation.minibatch_min, kMinibatchBound);
  v.small_integer({"allocation.minibatch_max", "adaptive: largest mini-batch; a power of two"},
                  allocation.minibatch_max, kMinibatchBound);
  v.real({"allocation.tolerance",
          "adaptive: round times this near to the workers' median, as a part of it, are well"},
         allocation.tolerance, {.min = 0.0, .max = 1.0, .above_min = true, .below_max = true});
  v.small_integer({"allocation.outlying_rounds",
                   "adaptive: rounds out of line in a row before a worker's size is changed"},
                  allocation.outlying_rounds, {.min = 1, .max = 1'000'000});
}

void visit(KeyVisitor& v, WireSettings& wire) {
  v.choice({"wire.payload",
            "how workers send parameters; auto: fp32, with timebox int8, or fp16 for models with "
            "running statistics"},
           wire.payload, kPayloads);
  v.choice({"wire.down", "how the server sends models; auto: as wire.payload, with topk fp32"},
           wire.down, kModelPayloads);
  v.real({"wire.topk_fraction",
          "topk: part of the values that a push carries; the rest waits for the next"},
         wire.topk_fraction, {.min = 0.0, .max = 1.0, .above_min = true});
}

void visit(KeyVisitor& v, StopSettings& stop) {
  v.integer({"stop.patience", "evaluations without a new best validation loss; 0: no such limit"},
            stop.server.patience, {});
  v.integer({"stop.max_rounds", "rounds of the fastest worker; 0: no such limit"},
            stop.server.max_rounds, {});
  v.duration({"stop.max_seconds", "seconds of training; 0: no such limit"}, stop.server.max_time,
             kTimeOrNone);
  v.integer({"stop.max_bytes", "bytes between server and workers; 0: no such limit"},
            stop.max_bytes, {});
  v.real({"stop.target_accuracy", "accuracy on the evaluation rows; 0: no such limit"},
         stop.server.target_accuracy, RealRange::unit());
}

void visit(KeyVisitor& v, protocol::LivenessConfig& liveness) {
  v.duration({"liveness.heartbeat_seconds", "longest silence of a living rank"}, liveness.heartbeat,
             kTime);
  v.duration({"liveness.worker_timeout_seconds",
              "silence after which a worker is lost, at least; slow links get more"},
             liveness.worker_timeout, kTime);
  v.duration({"liveness.server_timeout_seconds", "silence after which a worker gives up"},
             liveness.server_timeout, kTime);
  v.duration({"liveness.gather_timeout_seconds", "how long the server waits for the first workers"},
             liveness.gather_timeout, kTime);
  v.duration({"liveness.drain_timeout_seconds", "how long the server waits for farewells"},
             liveness.drain_timeout, kTime);
}

void visit(KeyVisitor& v, CheckpointSettings& checkpoint) {
  v.duration({"checkpoint.every_seconds",
              "time between checkpoints; 0: only when a run is interrupted or loses all workers"},
             checkpoint.every, kTimeOrNone);
  v.small_integer({"checkpoint.keep", "checkpoints that are kept; 0: none are made"},
                  checkpoint.keep, {.max = 1'000'000});
  v.duration({"checkpoint.patience_seconds",
              "how long an interrupted run waits for the workers' states; who has not reported by "
              "then begins anew from the global model when the run goes on"},
             checkpoint.patience, kTimeOrNone);
}

void visit(KeyVisitor& v, telemetry::TelemetryOptions& options) {
  v.flag({"telemetry.trace", "write trace.json, a timeline of all ranks for Perfetto or Chrome"},
         options.trace);
  v.integer({"telemetry.trace_max_bytes", "the trace ends there; 0: no such limit"},
            options.trace_max_bytes, {});
  v.flag({"telemetry.tensorboard", "write scalars for TensorBoard into the run directory"},
         options.tensorboard);
  v.optional_text(
      {"telemetry.openmetrics",
       "file with the run's numbers in OpenMetrics format, for node_exporter's textfile "
       "collector; it must end in .prom for that"},
      options.openmetrics);
}

void visit(KeyVisitor& v, WorkerSettings& worker) {
  v.integers({"worker.ranks", "the workers that this [[worker]] table is for; or else host"},
             worker.ranks, {.min = 1, .max = 1'000'000});
  v.optional_text({"worker.host", "likewise, all on hosts of this name; * and ? stand for others"},
                  worker.host);
  v.byte_size({"worker.memory", "their memory, instead of allocation.memory"}, worker.memory, "");
  v.optional_integer({"worker.threads", "their BLAS threads, instead of cluster.threads"},
                     worker.threads, kThreads);
  v.optional_real({"worker.slowdown",
                   "for experiments: they take this many times as long for their work; 1: no"},
                  worker.slowdown, {.min = 1.0, .max = 1e6});
}

void visit(KeyVisitor& v, Fault& fault) {
  v.optional_integer({"fault.rank", "for trials: whom this [[fault]] table strikes; 0: the server"},
                     fault.rank, {.max = 1'000'000});
  v.choice({"fault.kind",
            "what happens: its process ends, or stands still, its work is slow, it is "
            "cut off from the network, a push is damaged, its model gets a NaN"},
           fault.kind, kFaults);
  v.optional_real({"fault.at_seconds", "when, by the rank's clock; or else at_round"},
                  fault.at_seconds, {.min = 0.0, .max = 1e9});
  v.optional_integer({"fault.at_round", "when: after so many rounds of this worker"},
                     fault.at_round, {.min = 1, .max = 1'000'000'000});
  v.optional_real({"fault.seconds", "freeze, cut: how long; slow: how long, absent: to the end"},
                  fault.seconds, kTime);
  v.optional_real({"fault.factor", "slow: so many times as long for its work"}, fault.factor,
                  {.min = 1.0, .max = 1e6});
}

}  // namespace

void visit_keys(RunConfig& config, KeyVisitor& v) {
  v.text({"name", "name of the run, for logs and reports"}, config.name);
  v.integer({"seed", "seed of everything that is random"}, config.seed, {});
  path(v, {"model.file", "TOML file with the layers of the network", true}, config.model_file);
  v.optional_text({"model.init",
                   "safetensors or HDF5 file of the first weights, which every rank reads; absent: "
                   "by the model's initializer"},
                  config.initial_weights);
  visit(v, config.data);
  visit_keys(config.train, v);
  visit_keys(config.strategy, v);
  visit(v, config.allocation);
  visit(v, config.wire);
  visit(v, config.stop);
  v.integer({"evaluation.every_merges",
             "merges between evaluations of the global model; 0: each where hermes weighs by loss, "
             "and for timebox, else about ten per pass over the training rows"},
            config.evaluate_every_merges, {});
  visit(v, config.liveness);
  visit(v, config.checkpoint);
  visit(v, config.telemetry);
  v.small_integer({"cluster.min_workers", "fewer workers are an error; 0: one rank trains alone"},
                  config.cluster.min_workers, {});
  v.small_integer({"cluster.threads",
                   "BLAS threads per rank; 0: its part of the cores that it may run on, or what "
                   "OPENBLAS_NUM_THREADS says"},
                  config.cluster.threads, {.min = 0, .max = kThreads.max});
  v.tables("worker", config.workers, [&v](WorkerSettings& worker) { visit(v, worker); });
  v.tables("fault", config.faults, [&v](Fault& fault) { visit(v, fault); });
}

}  // namespace hermes::runtime
