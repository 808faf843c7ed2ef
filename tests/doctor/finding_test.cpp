#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fixtures.hpp"
#include "hermes/core/error.hpp"

namespace hermes::doctor {
namespace {

const Finding kFine{Severity::Fine, "memory", "2.0 GiB"};
const Finding kIll{Severity::Wrong, "memory", "1 MiB", "at least 128 MiB", "raise the limit"};
const Finding kSlow{Severity::Slow, "cores", "5 ranks on 2 cores", "one", "fewer ranks"};

TEST(FindingTest, one_rank_is_told_without_ranks) {
  EXPECT_EQ(describe({{kFine}}), "ok     memory        2.0 GiB\n");
}

TEST(FindingTest, what_all_ranks_share_is_told_once) {
  EXPECT_EQ(describe({{kFine}, {kFine}, {kFine}}), "ok     memory        2.0 GiB\n");
}

TEST(FindingTest, different_ranks_are_named_and_stay_beside_each_other) {
  const std::string text =
      describe({{kFine, kSlow}, {kIll, kSlow}, {kFine, kSlow}, {kFine, kSlow}, {kIll, kSlow}});
  EXPECT_EQ(text,
            "ok     memory        ranks 0,2-3: 2.0 GiB\n"
            "wrong  memory        ranks 1,4: 1 MiB; expected at least 128 MiB\n"
            "                     do: raise the limit\n"
            "slow   cores         5 ranks on 2 cores; expected one\n"
            "                     do: fewer ranks\n");
}

TEST(FindingTest, a_rank_of_its_own_is_rank_not_ranks) {
  EXPECT_NE(describe({{kFine}, {kIll}}).find("rank 1: 1 MiB"), std::string::npos);
}

TEST(FindingTest, the_worst_of_all_ranks_counts) {
  EXPECT_EQ(worst({}), Severity::Fine);
  EXPECT_EQ(worst({{kFine}, {kFine, kSlow}}), Severity::Slow);
  EXPECT_EQ(worst({{kIll}, {kSlow}}), Severity::Wrong);
}

TEST(FindingTest, findings_survive_the_way_from_rank_to_rank) {
  std::vector<Finding> all = examine(healthy_rank());
  all.push_back(kIll);
  all.push_back({Severity::Slow, "quotes \" and\nlines", "\\", "", "\t"});
  EXPECT_EQ(findings_of(to_text(all)), all);
}

TEST(FindingTest, a_name_that_is_not_utf_8_travels_too) {
  EXPECT_EQ(findings_of(to_text({{Severity::Fine, "shared files", "/run/\xff"}})).size(), 1U);
}

TEST(FindingTest, a_text_that_is_none_is_refused) {
  for (const char* text : {"", "{", "[1]", "[[0]]", "[[7,\"a\",\"b\",\"c\",\"d\"]]",
                           "[[0,1,2,3,4]]", "[[-1,\"a\",\"b\",\"c\",\"d\"]]"}) {
    EXPECT_THROW(findings_of(text), DataError) << text;
  }
}

}  // namespace
}  // namespace hermes::doctor
