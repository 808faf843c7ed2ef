#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hermes/core/half.hpp"
#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"
#include "hermes/wire/codec.hpp"
#include "hermes/wire/error_feedback.hpp"

namespace {

using namespace hermes;

constexpr std::int64_t kCnn = 114314;
constexpr std::int64_t kAlexNet = 973322;

SharedParameters parameters(std::int64_t count) {
  const auto owner =
      std::make_shared<const std::vector<float>>(static_cast<std::size_t>(count), 0.5F);
  return {owner, *owner};
}

protocol::Message report(std::int64_t count) {
  protocol::Report body;
  body.payload = protocol::PayloadKind::Delta;
  return {body, parameters(count)};
}

protocol::Message release(std::int64_t count) {
  protocol::Release body;
  body.model = protocol::ModelSource::Attached;
  return {body, parameters(count)};
}

using MakeMessage = protocol::Message (*)(std::int64_t);

void BM_Encode(benchmark::State& state, MakeMessage make) {
  const protocol::Message message = make(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::encode(message));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

void BM_Decode(benchmark::State& state, MakeMessage make) {
  const Frame frame = wire::encode(make(state.range(0)));
  ParameterPool pool(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::decode(frame, pool));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

void BM_EncodeHeartbeat(benchmark::State& state) {
  const protocol::Message message{protocol::Heartbeat{}, {}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::encode(message));
  }
}

/// A push after sparsification: one value in a hundred.
protocol::Message sparse_report(std::int64_t count) {
  const auto owner = std::make_shared<std::vector<float>>(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < owner->size(); i += 100) {
    owner->at(i) = 0.5F;
  }
  protocol::Message message = report(count);
  message.payload = {owner, *owner};
  return message;
}

protocol::Message message_for(wire::PayloadEncoding encoding, std::int64_t count) {
  return encoding == wire::PayloadEncoding::Sparse ? sparse_report(count) : report(count);
}

void BM_EncodeAs(benchmark::State& state, wire::PayloadEncoding encoding) {
  const protocol::Message message = message_for(encoding, state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::encode(message, encoding));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

void BM_DecodeFrom(benchmark::State& state, wire::PayloadEncoding encoding) {
  const Frame frame = wire::encode(message_for(encoding, state.range(0)), encoding);
  ParameterPool pool(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::decode(frame, pool));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

using Narrow = void (*)(std::span<const float>, std::span<std::uint16_t>);
using Widen = void (*)(std::span<const std::uint16_t>, std::span<float>);

void BM_Narrow(benchmark::State& state, SimdTarget target, Narrow narrow) {
  const SimdTargetScope scope(target);
  const AlignedVector<float> values(static_cast<std::size_t>(state.range(0)), 0.3F);
  AlignedVector<std::uint16_t> halves(values.size());
  for (auto _ : state) {
    narrow(values, halves);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

void BM_Widen(benchmark::State& state, SimdTarget target, Widen widen) {
  const SimdTargetScope scope(target);
  const AlignedVector<std::uint16_t> halves(static_cast<std::size_t>(state.range(0)), 0x3800);
  AlignedVector<float> values(halves.size());
  for (auto _ : state) {
    widen(halves, values);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

/// One value in a hundred is kept.
void BM_Sparsify(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  RandomStream random(1, RandomPurpose::Test);
  AlignedVector<float> delta(count);
  for (float& value : delta) {
    value = static_cast<float>(random.normal());
  }
  wire::ErrorFeedback feedback(count, 0.01);
  AlignedVector<float> update(count);
  for (auto _ : state) {
    update = delta;
    feedback.reduce(update);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

void BM_RoundUpdate(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const AlignedVector<float> delta(count, 0.3F);
  wire::ErrorFeedback feedback(count);
  AlignedVector<float> update(count);
  for (auto _ : state) {
    update = delta;
    feedback.reduce(update);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

/// The conversions of every instruction set of this processor, under its name.
void register_conversions() {
  for (const SimdTarget target : supported_simd_targets()) {
    const auto add = [target](const char* name, auto function, auto convert) {
      const std::string full = std::string(name) + "/" + std::string(to_string(target));
      benchmark::RegisterBenchmark(full.c_str(), function, target, convert)->Arg(kAlexNet);
    };
    add("BM_ToFp16", BM_Narrow, to_fp16);
    add("BM_ToBf16", BM_Narrow, to_bf16);
    add("BM_FromFp16", BM_Widen, from_fp16);
    add("BM_FromBf16", BM_Widen, from_bf16);
  }
}

BENCHMARK_CAPTURE(BM_Encode, report, report)->Arg(kCnn)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_Encode, release, release)->Arg(kCnn)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_Decode, report, report)->Arg(kCnn)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_Decode, release, release)->Arg(kCnn)->Arg(kAlexNet);
BENCHMARK(BM_EncodeHeartbeat);
BENCHMARK_CAPTURE(BM_EncodeAs, fp16, wire::PayloadEncoding::Fp16)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_EncodeAs, bf16, wire::PayloadEncoding::Bf16)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_EncodeAs, sparse, wire::PayloadEncoding::Sparse)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_EncodeAs, int8, wire::PayloadEncoding::Int8)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_DecodeFrom, int8, wire::PayloadEncoding::Int8)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_DecodeFrom, fp16, wire::PayloadEncoding::Fp16)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_DecodeFrom, bf16, wire::PayloadEncoding::Bf16)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_DecodeFrom, sparse, wire::PayloadEncoding::Sparse)->Arg(kAlexNet);
BENCHMARK(BM_RoundUpdate)->Arg(kCnn)->Arg(kAlexNet);
BENCHMARK(BM_Sparsify)->Arg(kCnn)->Arg(kAlexNet);

}  // namespace

int main(int argc, char** argv) {
  register_conversions();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
