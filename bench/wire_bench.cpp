#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "hermes/wire/codec.hpp"

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
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::decode(frame, frame.payload.bytes.size()));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * 4);
}

void BM_EncodeHeartbeat(benchmark::State& state) {
  const protocol::Message message{protocol::Heartbeat{}, {}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::encode(message));
  }
}

BENCHMARK_CAPTURE(BM_Encode, report, report)->Arg(kCnn)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_Encode, release, release)->Arg(kCnn)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_Decode, report, report)->Arg(kCnn)->Arg(kAlexNet);
BENCHMARK_CAPTURE(BM_Decode, release, release)->Arg(kCnn)->Arg(kAlexNet);
BENCHMARK(BM_EncodeHeartbeat);

}  // namespace
