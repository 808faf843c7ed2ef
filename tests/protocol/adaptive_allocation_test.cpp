// Dynamic allocation (ALGORITHMS section 1.3) on simulated workers of constant speed.
#include "hermes/protocol/strategies/adaptive_allocation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/protocol/partition.hpp"

namespace hermes::protocol {
namespace {

constexpr std::uint64_t kTrainRows = 55'000;

/// Seconds per step on a worker that is `slowness` times slower than the reference.
struct Machine {
  double slowness = 1.0;
  double per_step = 0.002;
  double per_row = 0.0005;
};

/// Workers in rounds with a barrier, without server and network.
class Cluster {
 public:
  Cluster(const AdaptiveAllocationConfig& config, std::vector<Machine> machines,
          const MemoryModel& memory = {}, double noise = 0.0, std::uint64_t seed = 1)
      : config_(config),
        machines_(std::move(machines)),
        rule_(config, memory),
        roster_(static_cast<std::uint32_t>(machines_.size()), LivenessConfig{}),
        noise_(noise),
        random_(seed, RandomPurpose::Test) {}

  /// First assignments; budgets of memory may be set before.
  void start() {
    for (Peer& peer : roster_.peers()) {
      assign(peer, rule_.initial(peer));
      peer.state = PeerState::Computing;
    }
  }

  /// Everybody trains and reports, the fastest first; then all are released.
  void run_round() {
    std::vector<std::size_t> order(machines_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<double> times;
    for (std::size_t i = 0; i < machines_.size(); ++i) {
      times.push_back(true_time(i) * (1.0 + noise_ * (2.0 * random_.uniform() - 1.0)));
    }
    std::sort(order.begin(), order.end(),
              [&times](std::size_t a, std::size_t b) { return times[a] < times[b]; });
    for (const std::size_t i : order) {
      report(i, times[i]);
    }
    for (Peer& peer : roster_.peers()) {
      if (peer.is_live()) {
        release(peer);
      }
    }
  }

  void report(std::size_t i, double seconds) {
    Peer& peer = at(i);
    peer.last_report.steps = static_cast<std::uint32_t>(steps(i));
    peer.last_report.compute_seconds = seconds;
    peer.state = PeerState::Waiting;
    rule_.observe(roster_, peer);
  }

  void release(Peer& peer) {
    if (const std::optional<ShardSize> size = rule_.review(roster_, peer)) {
      assign(peer, *size);
    }
    peer.state = PeerState::Computing;
  }

  /// Rounds until every true round time lies within 20 % of their median.
  int rounds_until_even(int limit = 40) {
    for (int round = 0; round < limit; ++round) {
      if (spread() <= 0.2) {
        return round;
      }
      run_round();
    }
    return limit;
  }

  /// Largest distance of a true round time from their median, as a part of it.
  double spread() const {
    std::vector<double> times;
    for (std::size_t i = 0; i < machines_.size(); ++i) {
      times.push_back(true_time(i));
    }
    const double middle = median(times);
    double largest = 0.0;
    for (const double time : times) {
      largest = std::max(largest, std::abs(time - middle) / middle);
    }
    return largest;
  }

  double true_time(std::size_t i) const {
    const Machine& machine = machines_[i];
    const double step = machine.per_step + machine.per_row * at(i).assignment.minibatch;
    return machine.slowness * step * static_cast<double>(steps(i));
  }

  Peer& at(std::size_t i) { return roster_.peers()[i]; }
  const Peer& at(std::size_t i) const { return roster_.peers()[i]; }
  Machine& machine(std::size_t i) { return machines_[i]; }
  const std::vector<std::string>& log() const { return log_; }

 private:
  std::uint64_t steps(std::size_t i) const {
    const Assignment& now = at(i).assignment;
    if (config_.round.unit == RoundLength::Unit::Steps) {
      return config_.round.count;
    }
    const std::uint64_t rows = window_rows(now.pool_count, now.shard_rows);
    return config_.round.count * ((rows + now.minibatch - 1) / now.minibatch);
  }

  void assign(Peer& peer, const ShardSize& size) {
    const PartitionConfig partition{.train_rows = kTrainRows,
                                    .workers = static_cast<std::uint32_t>(machines_.size())};
    peer.assignment = make_assignment(partition, peer.rank, size, peer.assignment.generation + 1);
    log_.push_back(size.why);
  }

  AdaptiveAllocationConfig config_;
  std::vector<Machine> machines_;
  AdaptiveAllocation rule_;
  Roster roster_;
  double noise_;
  RandomStream random_;
  std::vector<std::string> log_{};
};

std::vector<Machine> machines(const std::vector<double>& slowness) {
  std::vector<Machine> all;
  for (const double slow : slowness) {
    all.push_back({.slowness = slow});
  }
  return all;
}

Cluster started(const AdaptiveAllocationConfig& config, const std::vector<double>& slowness,
                double noise = 0.0, std::uint64_t seed = 1) {
  Cluster cluster(config, machines(slowness), {}, noise, seed);
  cluster.start();
  return cluster;
}

TEST(AdaptiveAllocationTest,
     five_workers_of_which_one_is_slowed_fourfold_are_even_after_two_rounds) {
  Cluster cluster = started({}, {1, 1, 4, 1, 1});
  EXPECT_NEAR(cluster.spread(), 3.0, 0.01);
  EXPECT_EQ(cluster.rounds_until_even(), 2);
  const Assignment settled = cluster.at(2).assignment;
  EXPECT_LT(settled.shard_rows, 800U);
  EXPECT_EQ(settled.minibatch, 16U);
  for (int round = 0; round < 20; ++round) {
    cluster.run_round();
  }
  EXPECT_EQ(cluster.at(2).assignment, settled) << "and stay so";
  EXPECT_EQ(cluster.log().size(), 6U) << "one change in all";
}

TEST(AdaptiveAllocationTest, noise_of_ten_percent_does_not_keep_workers_apart) {
  std::vector<int> rounds;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    rounds.push_back(started({}, {1, 1, 4, 1, 1}, 0.1, seed).rounds_until_even());
    EXPECT_LE(rounds.back(), 8) << "seed " << seed;
  }
  const auto in_time =
      std::count_if(rounds.begin(), rounds.end(), [](int count) { return count <= 5; });
  EXPECT_GE(in_time, 195);
}

TEST(AdaptiveAllocationTest, three_workers_are_judged_by_the_ratio) {
  Cluster slow = started({}, {1, 4, 1});
  EXPECT_EQ(slow.rounds_until_even(), 2);
  Cluster fast = started({}, {4, 1, 4});
  EXPECT_EQ(fast.rounds_until_even(), 3) << "whoever reports first has nobody to compare with";
  EXPECT_GT(fast.at(1).assignment.shard_rows, 8000U);
  Cluster pair = started({}, {1, 4});
  EXPECT_LE(pair.rounds_until_even(), 5);
}

TEST(AdaptiveAllocationTest, several_classes_of_speed_come_together) {
  EXPECT_LE(started({}, {1, 1, 2, 4, 8}).rounds_until_even(), 6);
  EXPECT_LE(started({}, {1, 1, 1, 1, 3, 1, 1, 6, 1, 1, 1, 1}).rounds_until_even(), 3);
  EXPECT_LE(started({}, {8, 8, 8, 1, 8, 8, 4}).rounds_until_even(), 5);
}

TEST(AdaptiveAllocationTest, two_classes_of_equal_size_are_no_outliers_to_each_other) {
  Cluster cluster = started({}, {1, 1, 1, 3, 3, 3});
  EXPECT_EQ(cluster.rounds_until_even(20), 20);
  EXPECT_EQ(cluster.log().size(), 6U) << "only the initial sizes";
}

TEST(AdaptiveAllocationTest, worker_that_slows_down_in_mid_run_is_even_after_five_rounds) {
  Cluster cluster = started({}, {1, 1, 1, 1, 1});
  for (int round = 0; round < 10; ++round) {
    cluster.run_round();
  }
  cluster.machine(0).slowness = 4.0;
  EXPECT_LE(cluster.rounds_until_even(), 5);
  cluster.machine(0).slowness = 1.0;
  EXPECT_LE(cluster.rounds_until_even(), 8) << "and back";
}

TEST(AdaptiveAllocationTest, equal_workers_under_noise_do_not_drift) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Cluster cluster = started({}, {1, 1, 1, 1, 1}, 0.1, seed);
    const double first = cluster.true_time(0);
    for (int round = 0; round < 300; ++round) {
      cluster.run_round();
    }
    EXPECT_LE(cluster.spread(), 0.1) << "seed " << seed;
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_NEAR(cluster.true_time(i), first, 0.1 * first) << "seed " << seed;
    }
  }
}

TEST(AdaptiveAllocationTest, in_rounds_of_steps_the_mini_batch_alone_changes) {
  AdaptiveAllocationConfig config;
  config.round = {RoundLength::Unit::Steps, 50};
  config.minibatch = 64;
  Cluster cluster(config, {{1.0, 0.0}, {1.0, 0.0}, {4.0, 0.0}, {1.0, 0.0}, {1.0, 0.0}});
  cluster.start();
  EXPECT_EQ(cluster.rounds_until_even(), 2);
  EXPECT_EQ(cluster.at(2).assignment.minibatch, 16U);
  EXPECT_EQ(cluster.at(2).assignment.shard_rows, config.rows);
}

TEST(AdaptiveAllocationTest, one_outlying_round_or_one_on_each_side_changes_nothing) {
  Cluster cluster = started({}, {1, 1, 1, 1, 1});
  const double usual = cluster.true_time(0);
  for (const double factor : {1.0, 5.0, 1.0, 5.0, 0.2, 5.0, 0.2}) {
    for (std::size_t i = 1; i < 5; ++i) {
      cluster.report(i, usual);
    }
    cluster.report(0, factor * usual);
    cluster.release(cluster.at(0));
  }
  EXPECT_EQ(cluster.log().size(), 5U);
}

TEST(AdaptiveAllocationTest, change_starts_the_worker_afresh) {
  Cluster cluster = started({}, {4, 1, 1, 1, 1});
  cluster.run_round();
  cluster.run_round();
  ASSERT_EQ(cluster.log().size(), 6U);
  // The others are still in their rounds; nothing is known of the new size yet.
  cluster.release(cluster.at(0));
  cluster.release(cluster.at(1));
  EXPECT_EQ(cluster.log().size(), 6U);
  // One more round out of line is the first of a new streak.
  cluster.report(0, 100.0);
  cluster.release(cluster.at(0));
  EXPECT_EQ(cluster.log().size(), 6U);
  cluster.report(0, 100.0);
  cluster.release(cluster.at(0));
  EXPECT_EQ(cluster.log().size(), 7U);
}

TEST(AdaptiveAllocationTest, lost_workers_are_no_yardstick) {
  Cluster cluster = started({}, {1, 1, 1, 1, 50});
  cluster.report(4, cluster.true_time(4));
  cluster.at(4).state = PeerState::Lost;
  for (int round = 0; round < 2; ++round) {
    for (const std::size_t i : {1U, 2U, 3U, 0U}) {
      cluster.report(i, i == 0 ? 4.0 : 1.0);
      cluster.release(cluster.at(i));
    }
  }
  ASSERT_EQ(cluster.log().size(), 6U);
  EXPECT_NE(cluster.log().back().find("of 3 others"), std::string::npos);
  EXPECT_NE(cluster.log().back().find("T* = 1 s"), std::string::npos);
}

TEST(AdaptiveAllocationTest, never_more_rows_than_memory_holds) {
  const MemoryModel memory{
      .fixed_bytes = 100'000, .bytes_per_shard_row = 100, .bytes_per_minibatch_row = 1000};
  AdaptiveAllocationConfig config;
  Cluster cluster(config, machines({4, 4, 4, 4, 1}), memory);
  for (std::size_t i = 0; i < 5; ++i) {
    cluster.at(i).memory_budget = 500'000;  // 3840 rows beside mini-batches of 16
  }
  cluster.at(0).memory_budget = 216'000;  // 1000
  cluster.start();
  EXPECT_EQ(cluster.at(0).assignment.shard_rows, 1000U);
  EXPECT_NE(cluster.log().front().find("memory"), std::string::npos);
  for (int round = 0; round < 20; ++round) {
    cluster.run_round();
    for (std::size_t i = 0; i < 5; ++i) {
      const Peer& peer = cluster.at(i);
      EXPECT_LE(peer.assignment.shard_rows,
                memory.rows_max(peer.memory_budget, peer.assignment.minibatch));
    }
  }
  EXPECT_GT(cluster.log().size(), 5U);
}

TEST(AdaptiveAllocationTest, worker_that_comes_back_with_less_memory_gets_a_smaller_shard_at_once) {
  const MemoryModel memory{.bytes_per_shard_row = 100, .bytes_per_minibatch_row = 1000};
  Cluster cluster(AdaptiveAllocationConfig{}, machines({1, 1, 1}), memory);
  cluster.start();
  cluster.at(1).memory_budget = 66'000;
  cluster.release(cluster.at(1));
  EXPECT_EQ(cluster.at(1).assignment.shard_rows, 500U);
  EXPECT_EQ(cluster.at(1).assignment.minibatch, 16U);
  cluster.at(1).memory_budget = 9'000;  // not one row beside 16
  cluster.release(cluster.at(1));
  EXPECT_EQ(cluster.at(1).assignment.minibatch, 8U);
  EXPECT_EQ(cluster.at(1).assignment.shard_rows, 10U);
  const std::size_t changes = cluster.log().size();
  cluster.release(cluster.at(1));
  EXPECT_EQ(cluster.log().size(), changes);
}

TEST(AdaptiveAllocationTest, log_explains_the_change_in_full) {
  Cluster cluster = started({}, {1, 1, 4, 1, 1});
  cluster.run_round();
  cluster.run_round();
  EXPECT_EQ(cluster.log().back(),
            "adaptive: too slow, T = 6.28 s is outside [1.57, 1.57] s (Tukey of 4 others) for 2 "
            "rounds; T* = 1.57 s; k(16) = 0.04 s; rows 2500 -> 688, mini-batch 16 -> 16; "
            "predicted T = 1.72 s");
}

TEST(AdaptiveAllocationTest, log_says_when_no_size_fits) {
  AdaptiveAllocationConfig config;
  config.rows_min = 2000;
  Cluster cluster = started(config, {4, 1, 1, 1, 1});
  cluster.run_round();
  cluster.run_round();
  EXPECT_NE(cluster.log().back().find("rows 2500 -> 2000"), std::string::npos);
  EXPECT_NE(cluster.log().back().find("no size meets T*: the nearest"), std::string::npos);
  const std::size_t changes = cluster.log().size();
  for (int round = 0; round < 10; ++round) {
    cluster.run_round();
  }
  EXPECT_EQ(cluster.log().size(), changes) << "the nearest is not announced again and again";
}

TEST(AdaptiveAllocationTest, times_that_are_no_times_are_ignored) {
  Cluster cluster = started({}, {1, 1, 1, 1, 1});
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double seconds : {kNan, kInfinity, -1.0, 0.0, 1e300}) {
    for (int round = 0; round < 3; ++round) {
      for (std::size_t i = 0; i < 5; ++i) {
        cluster.report(i, i == 0 ? seconds : 1.0);
        cluster.release(cluster.at(i));
      }
    }
  }
  EXPECT_EQ(cluster.log().size(), 5U);
}

}  // namespace
}  // namespace hermes::protocol
