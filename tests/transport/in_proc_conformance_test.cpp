#include <barrier>
#include <chrono>
#include <thread>

#include "hermes/transport/in_proc_network.hpp"
#include "transport/conformance.hpp"

namespace hermes::transport::testing {
namespace {

/// Every rank is a thread.
class ThreadWorld final : public World {
 public:
  explicit ThreadWorld(std::int32_t rank_count) : rank_count_(rank_count) {}

  void run(const TransportLimits& limits, const Program& program) override {
    const auto start = std::chrono::steady_clock::now();
    InProcNetwork network(rank_count_, limits, {.now = [start] {
                            return Instant(std::chrono::steady_clock::now() - start);
                          }});
    std::barrier barrier(rank_count_);
    std::vector<std::jthread> threads;
    threads.reserve(static_cast<std::size_t>(rank_count_));
    for (std::int32_t rank = 0; rank < rank_count_; ++rank) {
      threads.emplace_back([&, rank] {
        const auto endpoint = network.endpoint(Rank{rank});
        program(*endpoint, [&] { barrier.arrive_and_wait(); });
      });
    }
  }

 private:
  std::int32_t rank_count_;
};

template <std::int32_t kRanks>
std::unique_ptr<World> threads() {
  return std::make_unique<ThreadWorld>(kRanks);
}

INSTANTIATE_TEST_SUITE_P(InProc, ConformanceTest,
                         ::testing::Values(NamedWorld{"Threads2", threads<2>},
                                           NamedWorld{"Threads4", threads<4>}),
                         name_of);

}  // namespace
}  // namespace hermes::transport::testing
