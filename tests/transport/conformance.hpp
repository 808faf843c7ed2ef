#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "transport/world.hpp"

/// What every transport must do: one suite, each test written once as the program of every rank.
namespace hermes::transport::testing {

class ConformanceTest : public ::testing::TestWithParam<NamedWorld> {
 protected:
  void run(const TransportLimits& limits, const Program& program) {
    GetParam().make()->run(limits, program);
  }
  static constexpr TransportLimits kLimits{.payload_bytes_max = 4 * kMiB};
};

TEST_P(ConformanceTest, payloads_of_all_sizes_arrive_whole) {
  run(kLimits, [](Transport& transport, const Barrier&) {
    const std::vector<std::size_t> sizes = {0, 1, 4, 1000, 4096, 65537, kMiB, 4 * kMiB};
    const std::vector<Rank> peers = others(transport);
    for (std::uint32_t i = 0; i < sizes.size(); ++i) {
      const SharedBytes payload = block(sizes[i], i);
      for (const Rank to : peers) {
        ASSERT_TRUE(transport.send(to, {number(i), payload}));
      }
    }
    std::vector<std::uint32_t> next(static_cast<std::size_t>(transport.rank_count()));
    for (std::size_t k = 0; k < sizes.size() * peers.size(); ++k) {
      const Received received = await(transport);
      std::uint32_t& i = next[static_cast<std::size_t>(received.from.value)];
      ASSERT_LT(i, sizes.size());
      EXPECT_FALSE(received.malformed);
      EXPECT_EQ(number(received.frame), i);
      EXPECT_TRUE(equal(received.frame.payload.bytes, block(sizes[i], i).bytes)) << sizes[i];
      ++i;
    }
    flush(transport);
  });
}

TEST_P(ConformanceTest, headers_of_all_lengths_arrive_whole) {
  run(kLimits, [](Transport& transport, const Barrier&) {
    const std::vector<std::size_t> lengths = {0, 1, 1023, 1024};
    const std::vector<Rank> peers = others(transport);
    for (const std::size_t bytes : lengths) {
      const SharedBytes text = block(bytes, 5);
      for (const Rank to : peers) {
        ASSERT_TRUE(transport.send(to, {Bytes(text.bytes.begin(), text.bytes.end()), {}}));
      }
    }
    std::vector<std::size_t> next(static_cast<std::size_t>(transport.rank_count()));
    for (std::size_t k = 0; k < lengths.size() * peers.size(); ++k) {
      const Received received = await(transport);
      const std::size_t i = next[static_cast<std::size_t>(received.from.value)]++;
      ASSERT_LT(i, lengths.size());
      EXPECT_TRUE(equal(received.frame.header, block(lengths[i], 5).bytes)) << lengths[i];
    }
    flush(transport);
  });
}

TEST_P(ConformanceTest, many_frames_at_once_keep_their_order_for_each_peer) {
  run(kLimits, [](Transport& transport, const Barrier&) {
    constexpr std::uint32_t kFrames = 500;
    const auto payload_bytes = [](std::uint32_t i) -> std::size_t {
      return i % 50 == 7 ? 200000 : i % 3 == 0 ? i : 0;
    };
    const std::vector<Rank> peers = others(transport);
    std::vector<std::uint32_t> sent(static_cast<std::size_t>(transport.rank_count()));
    std::vector<std::uint32_t> next(sent.size());
    std::size_t unsent = kFrames * peers.size();
    std::size_t left = unsent;
    const Instant deadline = transport.now() + kPatience;
    while ((unsent > 0 || left > 0) && transport.now() < deadline) {
      for (const Rank to : peers) {
        std::uint32_t& i = sent[static_cast<std::size_t>(to.value)];
        while (i < kFrames && transport.send(to, {number(i), block(payload_bytes(i), i)})) {
          ++i;
          --unsent;
        }
      }
      while (const std::optional<Received> received = transport.receive()) {
        const std::uint32_t i = next[static_cast<std::size_t>(received->from.value)]++;
        ASSERT_EQ(number(received->frame), i);
        ASSERT_TRUE(equal(received->frame.payload.bytes, block(payload_bytes(i), i).bytes));
        --left;
      }
      transport.wait(seconds(0.001));
    }
    EXPECT_EQ(unsent + left, 0U);
    flush(transport);
  });
}

TEST_P(ConformanceTest, a_flood_from_some_peers_does_not_shut_out_the_others) {
  run(kLimits, [](Transport& transport, const Barrier&) {
    const std::vector<Rank> peers = others(transport);
    if (transport.rank() != kServerRank) {
      // Rank 1 floods until it is told to stop; the others say one word.
      const bool floods = transport.rank().value == 1;
      bool stopped = false;
      const Instant deadline = transport.now() + kPatience;
      for (std::uint32_t i = 0; !stopped && transport.now() < deadline; ++i) {
        if (floods || i == 0) {
          static_cast<void>(transport.send(kServerRank, {number(i), {}}));
        }
        stopped = transport.receive().has_value();
      }
      EXPECT_TRUE(stopped);
      while (!transport.send(kServerRank, {{}, {}}) && transport.now() < deadline) {  // last word
        transport.wait(seconds(0.001));
      }
      flush(transport);
      return;
    }
    std::vector<bool> heard(static_cast<std::size_t>(transport.rank_count()));
    for (std::size_t silent = peers.size(); silent > 0;) {
      const Received received = await(transport);
      if (!heard[static_cast<std::size_t>(received.from.value)]) {
        heard[static_cast<std::size_t>(received.from.value)] = true;
        --silent;
      }
    }
    for (const Rank to : peers) {
      ASSERT_TRUE(transport.send(to, {number(0), {}}));
    }
    for (std::size_t talking = peers.size(); talking > 0;) {
      talking -= await(transport).frame.header.empty() ? 1 : 0;
    }
    flush(transport);
  });
}

TEST_P(ConformanceTest, an_oversized_payload_is_reported_and_its_sender_not_heard_again) {
  constexpr TransportLimits kSmall{.payload_bytes_max = 1000};
  run(kSmall, [](Transport& transport, const Barrier& barrier) {
    const Rank offender{1};
    if (transport.rank() == offender) {
      ASSERT_TRUE(transport.send(kServerRank, {number(0), block(1000, 1)}));
      ASSERT_TRUE(transport.send(kServerRank, {number(1), block(1001, 1)}));
      ASSERT_TRUE(transport.send(kServerRank, {number(2), {}}));
    } else if (transport.rank() != kServerRank) {
      ASSERT_TRUE(transport.send(kServerRank, {number(0), block(1000, 1)}));
    }
    flush(transport);
    if (transport.rank() == kServerRank) {
      const auto frames = static_cast<std::size_t>(transport.rank_count() - 1);
      std::vector<bool> from_offender;
      for (std::size_t k = 0; k < frames + 2; ++k) {
        const Received received = await(transport);
        if (received.from == offender) {
          from_offender.push_back(received.malformed);
        } else {
          EXPECT_FALSE(received.malformed);
        }
        EXPECT_TRUE(!received.malformed || received.frame.header.empty());
      }
      EXPECT_EQ(from_offender, (std::vector<bool>{false, true, true}));
      EXPECT_EQ(transport.traffic(offender),
                (Traffic{.frames_received = 1, .bytes_received = 1004, .malformed_received = 2}));
    }
    barrier();
  });
}

TEST_P(ConformanceTest, a_sent_payload_is_let_go_when_it_is_out_and_received) {
  run(kLimits, [](Transport& transport, const Barrier& barrier) {
    std::vector<std::weak_ptr<const void>> sent;
    for (const Rank to : others(transport)) {
      SharedBytes payload = block(kMiB, 3);
      sent.emplace_back(payload.owner);
      ASSERT_TRUE(transport.send(to, {number(0), std::move(payload)}));
    }
    for (std::size_t k = 0; k < sent.size(); ++k) {
      EXPECT_TRUE(equal(await(transport).frame.payload.bytes, block(kMiB, 3).bytes));
    }
    flush(transport);
    barrier();
    for (const std::weak_ptr<const void>& owner : sent) {
      EXPECT_TRUE(owner.expired());
    }
  });
}

TEST_P(ConformanceTest, a_received_payload_stays_as_it_is_while_more_arrive) {
  run(kLimits, [](Transport& transport, const Barrier&) {
    constexpr std::uint32_t kFrames = 6;
    std::vector<Received> kept;
    for (std::uint32_t i = 0; i < kFrames; ++i) {
      for (const Rank to : others(transport)) {
        ASSERT_TRUE(transport.send(to, {number(i), block(100000, i)}));
      }
    }
    while (kept.size() < kFrames * others(transport).size()) {
      kept.push_back(await(transport));
      ASSERT_FALSE(::testing::Test::HasFailure());
    }
    for (const Received& received : kept) {
      EXPECT_TRUE(equal(received.frame.payload.bytes, block(100000, number(received.frame)).bytes));
    }
    flush(transport);
  });
}

TEST_P(ConformanceTest, the_queue_towards_a_peer_that_does_not_receive_is_bounded) {
  constexpr TransportLimits kFew{.payload_bytes_max = kMiB, .pending_sends_max = 3};
  run(kFew, [](Transport& transport, const Barrier& barrier) {
    if (transport.rank().value == 1) {
      for (std::uint32_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(transport.send(kServerRank, {number(i), block(kMiB, i)}));
      }
      EXPECT_FALSE(transport.send(kServerRank, {number(3), {}}));
      EXPECT_EQ(transport.traffic(kServerRank).frames_sent, 3U);
    }
    barrier();
    if (transport.rank() == kServerRank) {
      for (std::uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(number(await(transport).frame), i);
      }
    }
    flush(transport);
    barrier();
    if (transport.rank().value == 1) {
      EXPECT_TRUE(transport.send(kServerRank, {number(3), {}}));
    } else if (transport.rank() == kServerRank) {
      EXPECT_EQ(number(await(transport).frame), 3U);
    }
    flush(transport);
  });
}

TEST_P(ConformanceTest, abandoned_frames_count_no_longer_but_reach_a_peer_that_returns) {
  run(kLimits, [](Transport& transport, const Barrier& barrier) {
    std::weak_ptr<const void> owner;
    if (transport.rank().value == 1) {
      SharedBytes payload = block(kMiB, 9);
      owner = payload.owner;
      ASSERT_TRUE(transport.send(kServerRank, {number(0), std::move(payload)}));
      transport.abandon(kServerRank);
      EXPECT_EQ(transport.pending_sends(kServerRank), 0U);
      EXPECT_TRUE(transport.flush(transport.now()));
      EXPECT_FALSE(owner.expired());
    }
    barrier();
    if (transport.rank() == kServerRank) {
      EXPECT_TRUE(equal(await(transport).frame.payload.bytes, block(kMiB, 9).bytes));
      ASSERT_TRUE(transport.send(Rank{1}, {number(1), {}}));
    } else if (transport.rank().value == 1) {
      EXPECT_EQ(number(await(transport).frame), 1U);
      EXPECT_TRUE(eventually(transport, [&] { return owner.expired(); }));
    }
    flush(transport);
    barrier();
  });
}

TEST_P(ConformanceTest, wait_ends_with_its_bound_or_with_a_frame) {
  run(kLimits, [](Transport& transport, const Barrier& barrier) {
    const Instant start = transport.now();
    transport.wait(seconds(0.01));
    EXPECT_GE(transport.now() - start, seconds(0.0099));
    transport.wait(seconds(0.0));
    transport.wait(seconds(-1.0));
    barrier();
    if (transport.rank().value == 1) {
      ASSERT_TRUE(transport.send(kServerRank, {number(7), {}}));
    } else if (transport.rank() == kServerRank) {
      transport.wait(seconds(1e9));
      const std::optional<Received> received = transport.receive();
      ASSERT_TRUE(received.has_value());
      EXPECT_EQ(number(received->frame), 7U);
    }
    flush(transport);
  });
}

TEST_P(ConformanceTest, traffic_is_counted_by_peer_and_direction) {
  run(kLimits, [](Transport& transport, const Barrier&) {
    const auto frames_to = [](Rank rank) { return static_cast<std::uint32_t>(rank.value) + 1; };
    std::size_t expected = 0;
    for (const Rank to : others(transport)) {
      for (std::uint32_t i = 0; i < frames_to(to); ++i) {
        ASSERT_TRUE(transport.send(to, {number(i), block(100, i)}));
      }
      expected += frames_to(transport.rank());
    }
    for (std::size_t k = 0; k < expected; ++k) {
      await(transport);
    }
    flush(transport);
    for (const Rank peer : others(transport)) {
      const std::uint64_t sent = frames_to(peer);
      const std::uint64_t received = frames_to(transport.rank());
      EXPECT_EQ(transport.traffic(peer), (Traffic{sent, sent * 104, received, received * 104, 0}));
    }
    EXPECT_EQ(transport.traffic(transport.rank()), Traffic{});
  });
}

}  // namespace hermes::transport::testing
