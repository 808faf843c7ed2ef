#include <benchmark/benchmark.h>

#include <memory>

#include "hermes/transport/in_proc_network.hpp"

namespace {

using namespace hermes;

void BM_InProcRoundTrip(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  transport::InProcNetwork network(2, {.payload_bytes_max = bytes});
  const auto server = network.endpoint(Rank{0});
  const auto worker = network.endpoint(Rank{1});
  const auto owner = std::make_shared<const Bytes>(bytes);
  for (auto _ : state) {
    bool sent = worker->send(Rank{0}, {Bytes(100), {owner, *owner}});
    auto received = server->receive();
    sent = sent && server->send(Rank{1}, std::move(received->frame));
    benchmark::DoNotOptimize(sent);
    benchmark::DoNotOptimize(worker->receive());
  }
}

BENCHMARK(BM_InProcRoundTrip)->Arg(0)->Arg(457256)->Arg(3893288);

}  // namespace
