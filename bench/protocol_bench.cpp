// The server's merges and the worker's gate, beside a plain axpy over as many values.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "hermes/core/parameters.hpp"
#include "hermes/core/random.hpp"
#include "hermes/core/vector_ops.hpp"
#include "hermes/protocol/gate.hpp"
#include "hermes/protocol/strategies/merge_rules.hpp"

namespace hermes::protocol {
namespace {

const RandomStream kCoin(1, RandomPurpose::Gate);

constexpr std::int64_t kCnn = 114'314;
constexpr std::int64_t kAlexnetS = 973'322;

SharedParameters random_block(std::size_t size, std::uint64_t index) {
  ParameterPool pool(size);
  ParameterBuffer values = pool.acquire();
  RandomStream random(1, RandomPurpose::Test, index);
  for (float& value : values.values()) {
    value = static_cast<float>(random.normal());
  }
  return std::move(values).seal();
}

void count_bytes(benchmark::State& state, std::int64_t blocks) {
  state.SetBytesProcessed(state.iterations() * state.range(0) * blocks *
                          static_cast<std::int64_t>(sizeof(float)));
}

/// One update merged; bytes: update read, model read and written.
void merge_one(benchmark::State& state, MergeRule& rule) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const SharedParameters initial = random_block(size, 0);
  const SharedParameters global = random_block(size, 1);
  const std::vector<Update> updates{Update{.rank = Rank{1},
                                           .base = Version{1},
                                           .kind = rule.payload(),
                                           .payload = random_block(size, 2),
                                           .loss = 0.5,
                                           .samples = 100}};
  AlignedVector<float> merged(size);
  const MergeInput input{.version = Version{1},
                         .initial = initial.values(),
                         .global = global.values(),
                         .global_loss = 0.6,
                         .updates = updates};
  for (auto _ : state) {
    rule.merge(input, merged);
    benchmark::DoNotOptimize(merged.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, 3);
}

void BM_axpy(benchmark::State& state) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const SharedParameters x = random_block(size, 0);
  AlignedVector<float> y(size);
  for (auto _ : state) {
    axpy(0.5F, x.values(), y);
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, 3);
}

void BM_merge_mean_of_updates(benchmark::State& state) {
  MeanOfUpdates rule({}, PayloadKind::Parameters);
  merge_one(state, rule);
}

void BM_merge_each_delta(benchmark::State& state) {
  EachDelta rule({.learning_rate = 0.25});
  merge_one(state, rule);
}

void BM_merge_loss_weighted(benchmark::State& state) {
  LossWeighted rule(0.0);
  merge_one(state, rule);
}

void BM_gate_decision(benchmark::State& state) {
  Gate gate(GateConfig{}, kCoin);
  RandomStream random(1, RandomPurpose::Test);
  for (auto _ : state) {
    benchmark::DoNotOptimize(gate.decide(1.0 + 0.1 * random.uniform()));
  }
}

BENCHMARK(BM_axpy)->Arg(kCnn)->Arg(kAlexnetS);
BENCHMARK(BM_merge_mean_of_updates)->Arg(kCnn)->Arg(kAlexnetS);
BENCHMARK(BM_merge_each_delta)->Arg(kCnn)->Arg(kAlexnetS);
BENCHMARK(BM_merge_loss_weighted)->Arg(kCnn)->Arg(kAlexnetS);
BENCHMARK(BM_gate_decision);

}  // namespace
}  // namespace hermes::protocol
