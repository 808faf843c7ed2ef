#include "transport/mpi/payload_pool.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace hermes::transport {
namespace {

TEST(PayloadPoolTest, buffers_are_aligned_and_used_again_after_their_last_reader) {
  PayloadPool pool(1000);
  std::set<std::byte*> seen;
  for (int round = 0; round < 5; ++round) {
    const auto first = pool.acquire();
    const auto second = pool.acquire();
    EXPECT_NE(first, second);
    for (const auto& buffer : {first, second}) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.get()) % 64, 0U);
      std::memset(buffer.get(), round, 1000);
      seen.insert(buffer.get());
    }
  }
  EXPECT_EQ(seen.size(), 2U);
}

TEST(PayloadPoolTest, a_buffer_may_outlive_the_pool_and_end_in_another_thread) {
  std::shared_ptr<std::byte> kept;
  {
    PayloadPool pool(64);
    kept = pool.acquire();
  }
  std::memset(kept.get(), 1, 64);
  std::jthread([buffer = std::move(kept)]() mutable { buffer.reset(); });
}

TEST(PayloadPoolTest, a_pool_of_empty_buffers_is_allowed) {
  PayloadPool pool(0);
  EXPECT_NO_THROW(pool.acquire());
}

}  // namespace
}  // namespace hermes::transport
