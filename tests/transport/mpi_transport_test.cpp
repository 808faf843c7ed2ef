#include "hermes/transport/mpi_transport.hpp"

#include <gmock/gmock.h>
#include <mpi.h>

#include <algorithm>
#include <set>
#include <vector>

#include "hermes/core/error.hpp"
#include "transport/mpi/check.hpp"
#include "transport/mpi/prelude.hpp"
#include "transport/mpi_request_log.hpp"
#include "transport/mpi_world.hpp"

namespace hermes::transport::testing {
namespace {

constexpr TransportLimits kLimits{.payload_bytes_max = 4 * kMiB};

/// A header message as it is, without MpiTransport.
void send_raw(Rank to, const Prelude& prelude, std::size_t header_bytes) {
  Bytes message(sizeof(prelude) + header_bytes,
                std::byte{static_cast<unsigned char>(header_bytes)});
  std::memcpy(message.data(), &prelude, sizeof(prelude));
  MPI_Send(message.data(), static_cast<int>(message.size()), MPI_BYTE, to.value, kHeaderTag,
           MPI_COMM_WORLD);
}

TEST(MpiEnvironmentTest, ranks_of_one_host_share_what_each_of_them_says) {
  const auto rank = static_cast<std::uint64_t>(mpi_environment().rank().value);
  const std::vector<std::uint64_t> own(rank, 7 + rank);  // as many as its number: none of rank 0
  const HostRanks ranks = MpiEnvironment::gather_on_host(own);
  EXPECT_EQ(ranks.count, mpi_environment().rank_count());
  for (std::int32_t other = 0; other < ranks.count; ++other) {
    const auto value = 7 + static_cast<std::uint64_t>(other);
    EXPECT_EQ(std::count(ranks.values.begin(), ranks.values.end(), value), other);
  }
  EXPECT_FALSE(MpiEnvironment::host_name().empty());
}

TEST(MpiTransportTest, the_payload_leaves_from_where_it_lies) {
  MpiWorld().run(kLimits, [](Transport& transport, const Barrier&) {
    if (transport.rank().value == 1) {
      mpi_request_log().sent_from.clear();
      const SharedBytes payload = block(kMiB, 2);
      ASSERT_TRUE(transport.send(kServerRank, {number(0), payload}));
      EXPECT_TRUE(mpi_request_log().sent_from.contains(payload.bytes.data()));
    } else if (transport.rank() == kServerRank) {
      const Received received = await(transport);
      const auto address = reinterpret_cast<std::uintptr_t>(received.frame.payload.bytes.data());
      EXPECT_EQ(address % 64, 0U);
    }
    flush(transport);
  });
}

TEST(MpiTransportTest, receive_buffers_are_used_again) {
  MpiWorld().run(kLimits, [](Transport& transport, const Barrier& barrier) {
    std::set<const std::byte*> buffers;
    for (std::uint32_t i = 0; i < 10; ++i) {
      if (transport.rank().value == 1) {
        ASSERT_TRUE(transport.send(kServerRank, {number(i), block(100000, i)}));
      } else if (transport.rank() == kServerRank) {
        buffers.insert(await(transport).frame.payload.bytes.data());
      }
      flush(transport);
      barrier();
    }
    EXPECT_LE(buffers.size(), 1U);
  });
}

TEST(MpiTransportTest, a_rank_may_send_to_itself) {
  MpiWorld().run(kLimits, [](Transport& transport, const Barrier&) {
    ASSERT_TRUE(transport.send(transport.rank(), {number(5), block(kMiB, 5)}));
    const Received received = await(transport);
    EXPECT_EQ(received.from, transport.rank());
    EXPECT_TRUE(equal(received.frame.payload.bytes, block(kMiB, 5).bytes));
    flush(transport);
  });
}

TEST(MpiTransportTest, frames_that_complete_out_of_order_are_received_in_order) {
  MpiWorld().run(kLimits, [](Transport& transport, const Barrier&) {
    if (transport.rank().value == 1) {
      for (const std::uint32_t sequence : {2U, 0U, 3U, 1U}) {
        send_raw(kServerRank, {.sequence = sequence}, sequence);
      }
    } else if (transport.rank() == kServerRank) {
      for (std::size_t sequence = 0; sequence < 4; ++sequence) {
        EXPECT_EQ(await(transport).frame.header.size(), sequence);
      }
    }
  });
}

TEST(MpiTransportTest, a_peer_that_breaks_the_framing_is_reported_and_not_heard_again) {
  const std::function<void()> garbage[] = {
      [] { MPI_Send("short", 5, MPI_BYTE, 0, kHeaderTag, MPI_COMM_WORLD); },
      [] { send_raw(kServerRank, {.magic = 0}, 10); },
      [] { send_raw(kServerRank, {.sequence = 0x80000000}, 10); },
      [] { send_raw(kServerRank, {.payload_bytes = ~std::uint64_t{0}}, 10); },
      [] { send_raw(kServerRank, {}, kLimits.header_bytes_max + 1); },
  };
  for (const auto& send_garbage : garbage) {
    MpiWorld().run(kLimits, [&](Transport& transport, const Barrier&) {
      if (transport.rank().value == 1) {
        send_garbage();
        send_raw(kServerRank, {.sequence = 1}, 4);
      } else if (transport.rank() == kServerRank) {
        EXPECT_TRUE(await(transport).malformed);
        EXPECT_TRUE(await(transport).malformed);
        EXPECT_EQ(transport.traffic(Rank{1}), Traffic{.malformed_received = 2});
      }
    });
  }
}

TEST(MpiTransportTest, a_payload_shorter_than_announced_is_malformed) {
  MpiWorld().run(kLimits, [](Transport& transport, const Barrier&) {
    if (transport.rank().value == 1) {
      send_raw(kServerRank, {.payload_bytes = 100}, 4);
      MPI_Send(Bytes(99).data(), 99, MPI_BYTE, 0, kPayloadTag, MPI_COMM_WORLD);
    } else if (transport.rank() == kServerRank) {
      const Received received = await(transport);
      EXPECT_TRUE(received.malformed);
      EXPECT_TRUE(received.frame.payload.bytes.empty());
    }
  });
}

TEST(MpiTransportTest, few_payloads_leave_at_a_time_and_nobody_waits_behind_an_abandoned_peer) {
  constexpr std::uint32_t kFrames = 40;
  MpiWorld().run(kLimits, [&](Transport& transport, const Barrier& barrier) {
    if (transport.rank() == kServerRank) {
      mpi_request_log().sent_from.clear();
      std::vector<SharedBytes> payloads;
      for (std::uint32_t i = 0; i < kFrames; ++i) {
        payloads.push_back(block(kMiB, i));
        ASSERT_TRUE(transport.send(Rank{1}, {number(i), payloads.back()}));
      }
      const auto has_left = [](const SharedBytes& payload) {
        return mpi_request_log().sent_from.contains(payload.bytes.data());
      };
      EXPECT_EQ(std::ranges::count_if(payloads, has_left), 16);
      ASSERT_TRUE(transport.send(kServerRank, {number(kFrames), block(kMiB, kFrames)}));
      transport.abandon(Rank{1});
      EXPECT_TRUE(std::ranges::all_of(payloads, has_left));
      EXPECT_EQ(number(await(transport).frame), kFrames);
    }
    barrier();
    if (transport.rank().value == 1) {
      for (std::uint32_t i = 0; i < kFrames; ++i) {
        const Received received = await(transport);
        EXPECT_EQ(number(received.frame), i);
        EXPECT_TRUE(equal(received.frame.payload.bytes, block(kMiB, i).bytes));
      }
      ASSERT_TRUE(transport.send(kServerRank, {number(0), {}}));
    } else if (transport.rank() == kServerRank) {
      EXPECT_EQ(await(transport).from, Rank{1});
    }
    flush(transport);
    barrier();
  });
}

TEST(MpiTransportTest, limits_that_mpi_cannot_count_are_refused) {
  const TransportLimits too_much{.payload_bytes_max = std::size_t{1} << 31U};
  EXPECT_THROW(MpiTransport(mpi_environment(), too_much), TransportError);
}

TEST(MpiTransportTest, errors_name_the_operation_the_peer_and_the_reason) {
  try {
    check(MPI_ERR_COUNT, "MPI_Isend", Rank{3});
    FAIL();
  } catch (const TransportError& error) {
    EXPECT_THAT(error.what(), ::testing::AllOf(::testing::HasSubstr("MPI_Isend with rank 3: "),
                                               ::testing::HasSubstr("MPI_ERR_COUNT")));
  }
}

// From here on the environment does not finalize: `main` does it, since nothing is really lost.
TEST(MpiTransportTest, what_mpi_still_uses_is_never_freed_and_mpi_not_finalized) {
  MPI_Barrier(MPI_COMM_WORLD);
  std::weak_ptr<const void> owner;
  if (mpi_environment().rank().value == 1) {
    MpiTransport transport(mpi_environment(), kLimits);
    SharedBytes payload = block(kMiB, 6);
    owner = payload.owner;
    ASSERT_TRUE(transport.send(kServerRank, {number(0), std::move(payload)}));
    EXPECT_FALSE(transport.flush(transport.now()));
  }
  if (mpi_environment().rank().value == 1) {  // the transport is gone
    EXPECT_FALSE(owner.expired());
    EXPECT_FALSE(mpi_environment().may_finalize());
  }
  MPI_Barrier(MPI_COMM_WORLD);
  while (mpi_environment().rank() == kServerRank && clear_unreceived() < 1) {
  }
  MPI_Barrier(MPI_COMM_WORLD);
}

}  // namespace
}  // namespace hermes::transport::testing
