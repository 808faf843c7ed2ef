// States of a checkpoint that are not the protocol's. Input: a byte that chooses whose: a worker's
// Trainer or rank 0's RunStatistics; then edits of a state that was saved in earnest
// (fuzz_target.hpp).

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "fuzz_target.hpp"
#include "hermes/core/state_archive.hpp"
#include "hermes/runtime/trainer.hpp"
#include "hermes/telemetry/run_statistics.hpp"

namespace {

using namespace hermes;

constexpr std::uint64_t kRows = 12;
constexpr protocol::RoundNeeds kNeeds{.validation = true, .gradient_norm = true};

/// Rows of zeros, all with label 0.
class BlankRows : public data::RowSource {
 public:
  void start(const data::RowRequest& request, data::Shard& shard) override {
    const auto* segment = std::get_if<data::Segment>(&request);
    const std::uint64_t count = segment != nullptr ? segment->count : 4;
    const std::vector<std::byte> features(count * shard.info().row_bytes());
    const std::vector<std::int32_t> labels(count);
    shard.expect(count);
    shard.append(features, Targets(labels));
  }
  bool advance() override { return true; }
  bool is_background() const override { return false; }
};

const runtime::RunInputs& inputs() {
  static const fuzz::InputFile model(
      "input = [1, 4, 4]\n[[layer]]\ntype = \"flatten\"\n[[layer]]\ntype = \"dropout\"\nrate = "
      "0.5\n"
      "[[layer]]\ntype = \"dense\"\nunits = 2\n");
  static const runtime::RunInputs made = [] {
    runtime::RunConfig config;
    config.model_file = model.path();
    config.train.augment = {.flip = true, .crop_padding = 1};
    config.train.minibatch = 4;
    data::DatasetInfo info;
    info.path = "rows";
    info.features = {1, 4, 4, false};
    info.rows = {kRows, 0, 4};
    info.mean = {0.0F};
    info.scale = {1.0F};
    return runtime::RunInputs(std::move(config), std::move(info));
  }();
  return made;
}

void finish(runtime::Trainer& trainer) {
  while (!trainer.advance()) {
  }
}

std::unique_ptr<runtime::Trainer> new_trainer() {
  return std::make_unique<runtime::Trainer>(inputs(), Rank{1}, std::make_unique<BlankRows>());
}

void train(runtime::Trainer& trainer) {
  trainer.load({.generation = 1, .pool_count = kRows, .shard_rows = 6, .minibatch = 4});
  finish(trainer);
  for (int round = 0; round < 3; ++round) {
    trainer.start_round(kNeeds, false);
    finish(trainer);
    trainer.payload(protocol::PayloadKind::Delta);
  }
}

Bytes saved_trainer() {
  const std::unique_ptr<runtime::Trainer> trainer = new_trainer();
  trainer->adopt(protocol::ModelSource::Initial, {});
  train(*trainer);
  StateWriter state;
  trainer->save(state);
  return std::move(state).take();
}

telemetry::RunStatistics new_statistics() {
  return telemetry::RunStatistics({.run = "r", .strategy = "hermes", .workers = 2});
}

Bytes saved_statistics() {
  telemetry::RunStatistics statistics = new_statistics();
  const auto record = [&statistics](const protocol::Record& event, double now) {
    statistics.record(event, at_seconds(now), {.up = 1, .down = 2, .data = 3});
  };
  for (const std::int32_t rank : {1, 2}) {
    record(protocol::WorkerJoined{Rank{rank}}, 0.5);
    record(protocol::ReportAccepted{Rank{rank}, protocol::Report{.round = Round{1}}}, 1.0);
  }
  record(protocol::ReportRejected{Rank{1}, protocol::RejectReason::Stale}, 1.5);
  record(protocol::Evaluation{.loss = 1.0, .accuracy = 0.5}, 2.0);
  StateWriter state;
  statistics.save(state);
  return std::move(state).take();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  static const Bytes trainer_state = saved_trainer();
  static const Bytes statistics_state = saved_statistics();
  const std::span<const std::uint8_t> edits = std::span(data, size).subspan(1);
  if (data[0] % 2 == 0) {
    const Bytes bytes = fuzz::edited(trainer_state, edits);
    fuzz::takes([&] {
      StateReader state(bytes);
      const std::unique_ptr<runtime::Trainer> trainer = new_trainer();
      trainer->resume(state);
      state.expect_end();
      train(*trainer);
    });
    return 0;
  }
  const Bytes bytes = fuzz::edited(statistics_state, edits);
  fuzz::takes([&] {
    StateReader state(bytes);
    telemetry::RunStatistics statistics = new_statistics();
    statistics.load(state);
    state.expect_end();
    statistics.summary(at_seconds(3.0));
  });
  return 0;
}
