// What this core can do at most: multiply-adds in registers, y += a x and copies in cache and in
// memory. bench/share_of_limits.py shows the other benchmarks as parts of these.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "hermes/core/buffer.hpp"
#include "hermes/core/simd.hpp"

// Highway compiles what follows once for each target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/probe_bench.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace hermes::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr std::int64_t kChains = 12;  // enough to hide the latency, few enough for 16 registers

/// So many rounds of one multiply-add on each of kChains vectors, each waiting for its last one.
float run_chains(std::int64_t rounds) {
  const hn::ScalableTag<float> d;
  const auto a = hn::Set(d, 0.999F);
  const auto b = hn::Set(d, 1e-3F);
  auto c0 = hn::Iota(d, 0), c1 = hn::Iota(d, 1), c2 = hn::Iota(d, 2), c3 = hn::Iota(d, 3);
  auto c4 = hn::Iota(d, 4), c5 = hn::Iota(d, 5), c6 = hn::Iota(d, 6), c7 = hn::Iota(d, 7);
  auto c8 = hn::Iota(d, 8), c9 = hn::Iota(d, 9), c10 = hn::Iota(d, 10), c11 = hn::Iota(d, 11);
  for (std::int64_t i = 0; i < rounds; ++i) {
    c0 = hn::MulAdd(c0, a, b), c1 = hn::MulAdd(c1, a, b), c2 = hn::MulAdd(c2, a, b);
    c3 = hn::MulAdd(c3, a, b), c4 = hn::MulAdd(c4, a, b), c5 = hn::MulAdd(c5, a, b);
    c6 = hn::MulAdd(c6, a, b), c7 = hn::MulAdd(c7, a, b), c8 = hn::MulAdd(c8, a, b);
    c9 = hn::MulAdd(c9, a, b), c10 = hn::MulAdd(c10, a, b), c11 = hn::MulAdd(c11, a, b);
  }
  const auto low = hn::Add(hn::Add(hn::Add(c0, c1), hn::Add(c2, c3)), hn::Add(c4, c5));
  const auto high = hn::Add(hn::Add(hn::Add(c6, c7), hn::Add(c8, c9)), hn::Add(c10, c11));
  return hn::GetLane(hn::Add(low, high));
}

std::int64_t flops_of_chains(std::int64_t rounds) {
  const hn::ScalableTag<float> d;
  return 2 * rounds * kChains * static_cast<std::int64_t>(hn::Lanes(d));
}

/// y += a x. Requires: count is a multiple of 64, both are aligned.
void scale_and_add(float a, const float* x, float* y, std::size_t count) {
  const hn::ScalableTag<float> d;
  const auto factor = hn::Set(d, a);
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < count; i += 4 * lanes) {
    for (std::size_t k = i; k < i + 4 * lanes; k += lanes) {
      hn::Store(hn::MulAdd(factor, hn::Load(d, x + k), hn::Load(d, y + k)), d, y + k);
    }
  }
}

}  // namespace
}  // namespace hermes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hermes {
namespace {

HWY_EXPORT(run_chains);
HWY_EXPORT(flops_of_chains);
HWY_EXPORT(scale_and_add);

void BM_fma(benchmark::State& state, SimdTarget target) {
  constexpr std::int64_t kRounds = 10'000;
  const SimdTargetScope scope(target);
  for (auto _ : state) {
    benchmark::DoNotOptimize(HWY_DYNAMIC_DISPATCH(run_chains)(kRounds));
  }
  const auto flops = static_cast<double>(HWY_DYNAMIC_DISPATCH(flops_of_chains)(kRounds));
  state.counters["GFLOP/s"] = benchmark::Counter(
      1e-9 * flops * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

/// Bytes: x and y read, y written. What a store reads from memory beyond that is not counted.
void BM_axpy_probe(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const AlignedVector<float> x(count, 0.5F);
  AlignedVector<float> y(count, 0.25F);
  for (auto _ : state) {
    HWY_DYNAMIC_DISPATCH(scale_and_add)(1e-3F, x.data(), y.data(), count);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 12);
}

/// Bytes: those copied, counted once.
void BM_memcpy_probe(benchmark::State& state) {
  const AlignedVector<float> source(static_cast<std::size_t>(state.range(0)), 0.5F);
  AlignedVector<float> target(source.size());
  for (auto _ : state) {
    std::memcpy(target.data(), source.data(), source.size() * sizeof(float));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

void register_probes() {
  for (const SimdTarget target : supported_simd_targets()) {
    benchmark::RegisterBenchmark(("BM_fma/" + std::string(to_string(target))).c_str(), BM_fma,
                                 target);
  }
  // Two arrays of these many floats: in L2, in L2 or L3 (cnn), in L3 (alexnet_s), in memory.
  using Probe = void (*)(benchmark::State&);
  constexpr std::array<std::pair<const char*, Probe>, 2> kProbes{
      {{"BM_axpy", BM_axpy_probe}, {"BM_memcpy", BM_memcpy_probe}}};
  for (const auto& [name, probe] : kProbes) {
    benchmark::RegisterBenchmark(name, probe)
        ->Arg(32'768)
        ->Arg(114'368)
        ->Arg(973'376)
        ->Arg(33'554'432);
  }
}

}  // namespace
}  // namespace hermes

int main(int argc, char** argv) {
  hermes::register_probes();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
#endif
