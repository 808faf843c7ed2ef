#include "hermes/protocol/strategies/zipline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "hermes/core/random.hpp"

namespace hermes::protocol {
namespace {

using Rounds = std::vector<std::uint32_t>;

double span_of(const std::vector<double>& intervals, const Rounds& rounds) {
  double first = std::numeric_limits<double>::infinity();
  double last = 0.0;
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    first = std::min(first, rounds[i] * intervals[i]);
    last = std::max(last, rounds[i] * intervals[i]);
  }
  return last - first;
}

/// Every point of every worker as the beginning of a span, in order of time; the others' first
/// points that are not before it end it.
Rounds from_all_beginnings(const std::vector<double>& intervals, std::uint32_t horizon) {
  std::vector<double> beginnings;
  for (const double interval : intervals) {
    for (std::uint32_t r = 1; r <= horizon; ++r) {
      beginnings.push_back(r * interval);
    }
  }
  std::sort(beginnings.begin(), beginnings.end());
  Rounds best;
  double best_span = std::numeric_limits<double>::infinity();
  for (const double begin : beginnings) {
    Rounds rounds;
    for (const double interval : intervals) {
      std::uint32_t r = 1;
      while (r <= horizon && r * interval < begin) {
        ++r;
      }
      rounds.push_back(r);
    }
    const bool is_possible =
        std::all_of(rounds.begin(), rounds.end(), [&](std::uint32_t r) { return r <= horizon; });
    if (is_possible && span_of(intervals, rounds) < best_span) {
      best_span = span_of(intervals, rounds);
      best = rounds;
    }
  }
  return best;
}

/// The smallest span of all combinations there are.
double smallest_span(const std::vector<double>& intervals, std::uint32_t horizon) {
  Rounds rounds(intervals.size(), 1);
  double smallest = std::numeric_limits<double>::infinity();
  while (true) {
    smallest = std::min(smallest, span_of(intervals, rounds));
    std::size_t i = 0;
    while (i < rounds.size() && rounds[i] == horizon) {
      rounds[i++] = 1;
    }
    if (i == rounds.size()) {
      return smallest;
    }
    ++rounds[i];
  }
}

TEST(ZiplineTest, table) {
  struct Case {
    std::vector<double> intervals;
    std::uint32_t horizon;
    Rounds rounds;
  };
  const Case cases[] = {
      {{}, 6, {}},
      {{0.3}, 6, {1}},
      {{1.0, 1.0, 1.0}, 6, {1, 1, 1}},
      {{2.0, 1.0}, 6, {1, 2}},
      {{3.0, 2.0}, 6, {2, 3}},   // at 6
      {{1.0, 10.0}, 6, {6, 1}},  // as near as the horizon lets it come
      {{0.0, 1.0}, 3, {1, 1}},   // who takes no time is always early
      {{4.0, 2.0, 1.0}, 6, {1, 2, 4}},
  };
  int row = 0;
  for (const Case& c : cases) {
    EXPECT_EQ(zipline(c.intervals, c.horizon), c.rounds) << "row " << row;
    ++row;
  }
}

TEST(ZiplineTest, of_equal_spans_the_earliest_counts) {
  // 3 and 2 are one apart, and so are 3 and 4; 6 and 6 are out of reach.
  EXPECT_EQ(zipline(std::vector<double>{3.0, 2.0}, 2), (Rounds{1, 1}));
  EXPECT_EQ(zipline(std::vector<double>{2.0, 2.0}, 6), (Rounds{1, 1}));
}

TEST(ZiplineTest, agrees_with_the_slow_versions_on_random_speeds) {
  RandomStream random(11, RandomPurpose::Test);
  for (int trial = 0; trial < 2000; ++trial) {
    const bool is_tiny = trial % 2 == 0;
    const std::uint64_t workers = 1 + random.below(is_tiny ? 4 : 12);
    const auto horizon = static_cast<std::uint32_t>(1 + random.below(is_tiny ? 6 : 40));
    std::vector<double> intervals;
    for (std::uint64_t i = 0; i < workers; ++i) {
      // Small integers bring ties about; they are exact in any order of arithmetic.
      intervals.push_back(trial % 4 < 2 ? static_cast<double>(1 + random.below(12))
                                        : 0.1 + random.uniform());
    }
    const Rounds rounds = zipline(intervals, horizon);
    ASSERT_EQ(rounds, from_all_beginnings(intervals, horizon)) << "trial " << trial;
    if (is_tiny) {
      ASSERT_EQ(span_of(intervals, rounds), smallest_span(intervals, horizon)) << trial;
    }
  }
}

TEST(ZiplineDeathTest, horizon_of_no_rounds_is_a_bug) {
  EXPECT_DEATH(zipline(std::vector<double>{1.0}, 0), "horizon");
}

}  // namespace
}  // namespace hermes::protocol
