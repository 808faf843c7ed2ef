// The server's merges and the worker's gate.
//
// A merge is timed in turns with an axpy of the core over as many values. `of_axpy` compares the
// medians of both as payloads per second, 4 bytes for each value whatever the wire's format: the
// share of the core's axpy bandwidth that a payload is merged at. The smallest model fits the
// second-level cache with all that a merge touches, the largest no cache.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "hermes/core/half.hpp"
#include "hermes/core/parameters.hpp"
#include "hermes/core/random.hpp"
#include "hermes/core/vector_ops.hpp"
#include "hermes/protocol/gate.hpp"
#include "hermes/protocol/strategies/merge_rules.hpp"
#include "hermes/wire/codec.hpp"

namespace hermes::protocol {
namespace {

using wire::PayloadEncoding;

const RandomStream kCoin(1, RandomPurpose::Gate);

constexpr std::int64_t kInCache = 50'000;
constexpr std::int64_t kCnn = 114'314;
constexpr std::int64_t kAlexnetS = 973'322;
constexpr std::int64_t kInMemory = 16'000'000;

SharedParameters random_block(std::size_t size, std::uint64_t index) {
  ParameterPool pool(size);
  ParameterBuffer values = pool.acquire();
  RandomStream random(1, RandomPurpose::Test, index);
  for (float& value : values.values()) {
    value = static_cast<float>(random.normal());
  }
  return std::move(values).seal();
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double>& times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

/// Times `work`, which takes `payloads` of the benchmark's size in, in turns with an axpy.
template <class Work>
void beside_axpy(benchmark::State& state, double payloads, Work work) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const SharedParameters x = random_block(size, 100);
  AlignedVector<float> y(size);
  std::vector<double> axpy_times;
  std::vector<double> work_times;
  for (auto _ : state) {
    for (int warm = 0; warm < 2; ++warm) {  // the second finds its buffers in the cache, or not
      const auto start = std::chrono::steady_clock::now();
      axpy(0.5F, x.values(), y);
      benchmark::ClobberMemory();
      if (warm == 1) {
        axpy_times.push_back(seconds_since(start));
      }
    }
    for (int warm = 0; warm < 2; ++warm) {
      const auto start = std::chrono::steady_clock::now();
      work();
      benchmark::ClobberMemory();
      if (warm == 1) {
        work_times.push_back(seconds_since(start));
      }
    }
    state.SetIterationTime(work_times.back());
  }
  const double axpy_time = median(axpy_times);
  const double work_time = median(work_times) / payloads;
  const double bytes = static_cast<double>(size) * sizeof(float);
  state.counters["payload_GB/s"] = bytes / work_time * 1e-9;
  state.counters["axpy_GB/s"] = bytes / axpy_time * 1e-9;
  state.counters["of_axpy"] = axpy_time / work_time;
}

/// What a push becomes on its way to the merge.
SharedParameters arrived(const SharedParameters& sent, PayloadEncoding encoding) {
  ParameterPool pool(sent.size());
  wire::BlockPool blocks;
  return wire::decode_payload(wire::encode_payload(sent, encoding, blocks), pool,
                              wire::Halves::Keep);
}

void merge(benchmark::State& state, MergeRule& rule, std::uint64_t workers,
           PayloadEncoding encoding) {
  const auto size = static_cast<std::size_t>(state.range(0));
  const SharedParameters initial = random_block(size, 0);
  const SharedParameters global = random_block(size, 1);
  std::vector<Update> updates;
  for (std::uint64_t worker = 0; worker < workers; ++worker) {
    updates.push_back(Update{.base = Version{1},
                             .kind = rule.payload(),
                             .payload = arrived(random_block(size, 2 + worker), encoding),
                             .loss = 0.5,
                             .samples = 100 + worker});
  }
  // In place, as the server does it unless somebody still reads the old model.
  AlignedVector<float> merged(global.values().begin(), global.values().end());
  const MergeInput input{.version = Version{1},
                         .initial = initial.values(),
                         .global = merged,
                         .global_loss = 0.6,
                         .updates = updates};
  beside_axpy(state, static_cast<double>(workers), [&] { rule.merge(input, merged); });
}

void BM_mean_of_models(benchmark::State& state, PayloadEncoding encoding) {
  MeanOfUpdates rule({}, PayloadKind::Parameters);
  merge(state, rule, static_cast<std::uint64_t>(state.range(1)), encoding);
}

void BM_each_delta(benchmark::State& state, PayloadEncoding encoding) {
  EachDelta rule({});
  merge(state, rule, 1, encoding);
}

void BM_loss_weighted(benchmark::State& state, PayloadEncoding encoding) {
  LossWeighted rule(0.0);
  merge(state, rule, 1, encoding);
}

/// All that the server does with the bytes of a push: checksum, test for finite values, merge.
void BM_push_to_model(benchmark::State& state, PayloadEncoding encoding) {
  const auto size = static_cast<std::size_t>(state.range(0));
  Report report;
  report.payload = PayloadKind::Delta;
  const Frame frame = wire::encode({report, random_block(size, 2)}, encoding);
  AlignedVector<float> model(size);
  EachDelta rule({});
  ParameterPool pool(size);
  beside_axpy(state, 1.0, [&] {
    Message message = wire::decode(frame, pool, wire::Halves::Keep);
    if (!all_within(message.payload, 1e30F)) {
      state.SkipWithError("not finite");
    }
    const std::vector<Update> updates{Update{.payload = std::move(message.payload), .samples = 1}};
    rule.merge({.initial = model, .global = model, .updates = updates}, model);
  });
}

void BM_gate_decision(benchmark::State& state) {
  Gate gate(GateConfig{}, kCoin);
  RandomStream random(1, RandomPurpose::Test);
  for (auto _ : state) {
    benchmark::DoNotOptimize(gate.decide(1.0 + 0.1 * random.uniform()));
  }
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->Arg(kInCache)->Arg(kCnn)->Arg(kAlexnetS)->Arg(kInMemory)->UseManualTime();
}

void sizes_and_workers(benchmark::internal::Benchmark* bench) {
  bench->ArgsProduct({{kInCache, kCnn, kAlexnetS, kInMemory}, {1, 2, 4}})->UseManualTime();
}

BENCHMARK_CAPTURE(BM_mean_of_models, fp32, PayloadEncoding::Fp32)->Apply(sizes_and_workers);
BENCHMARK_CAPTURE(BM_mean_of_models, fp16, PayloadEncoding::Fp16)->Apply(sizes_and_workers);
BENCHMARK_CAPTURE(BM_each_delta, fp32, PayloadEncoding::Fp32)->Apply(sizes);
BENCHMARK_CAPTURE(BM_each_delta, fp16, PayloadEncoding::Fp16)->Apply(sizes);
BENCHMARK_CAPTURE(BM_each_delta, bf16, PayloadEncoding::Bf16)->Apply(sizes);
BENCHMARK_CAPTURE(BM_loss_weighted, fp32, PayloadEncoding::Fp32)->Apply(sizes);
BENCHMARK_CAPTURE(BM_push_to_model, fp32, PayloadEncoding::Fp32)->Apply(sizes);
BENCHMARK_CAPTURE(BM_push_to_model, fp16, PayloadEncoding::Fp16)->Apply(sizes);
BENCHMARK_CAPTURE(BM_push_to_model, bf16, PayloadEncoding::Bf16)->Apply(sizes);
BENCHMARK(BM_gate_decision);

}  // namespace
}  // namespace hermes::protocol
