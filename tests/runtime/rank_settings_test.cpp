// [[worker]] tables: reading, errors, and which settings hold for which rank.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/runtime/run_config.hpp"

namespace hermes::runtime {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

RunConfig parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse_run_config("model.file = \"m.toml\"\ndata.file = \"d.h5\"\n" + text, "x.toml",
                          overrides);
}

std::string error_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    parse(text, overrides);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(RankSettingsTest, without_tables_all_ranks_are_the_same) {
  const RunConfig config = parse("[allocation]\nmemory = \"512MiB\"\n[cluster]\nthreads = 3\n");
  for (const int rank : {0, 1, 7}) {
    EXPECT_EQ(config.settings_of(Rank{rank}, "host"),
              (RankSettings{.memory = 512 * kMiB, .threads = 3, .slowdown = 1.0}));
  }
}

TEST(RankSettingsTest, memory_is_automatic_unless_said) {
  EXPECT_EQ(parse("").allocation.memory, std::nullopt);
  EXPECT_EQ(parse("allocation.memory = \"auto\"").allocation.memory, std::nullopt);
  EXPECT_EQ(parse("", {"allocation.memory=1.5GiB"}).allocation.memory, 1536 * kMiB);
  EXPECT_EQ(parse("allocation.memory = \"1GiB\"", {"allocation.memory=auto"}).allocation.memory,
            std::nullopt);
}

TEST(RankSettingsTest, later_tables_win_and_leave_what_they_do_not_say) {
  const RunConfig config = parse(R"(
allocation.memory = "1GiB"
[[worker]]
host = "node*"
memory = "64MiB"
threads = 2
[[worker]]
ranks = [1, 3]
slowdown = 2.5
threads = 4
)");
  EXPECT_EQ(config.settings_of(Rank{1}, "node7"),
            (RankSettings{.memory = 64 * kMiB, .threads = 4, .slowdown = 2.5}));
  EXPECT_EQ(config.settings_of(Rank{2}, "node7"),
            (RankSettings{.memory = 64 * kMiB, .threads = 2, .slowdown = 1.0}));
  EXPECT_EQ(config.settings_of(Rank{3}, "login"),
            (RankSettings{.memory = 1024 * kMiB, .threads = 4, .slowdown = 2.5}));
  EXPECT_EQ(config.settings_of(Rank{0}, "node7"), (RankSettings{.memory = 1024 * kMiB}))
      << "the server is no worker";
}

TEST(RankSettingsTest, errors_name_the_table) {
  struct Case {
    const char* text;
    const char* error;
  };
  const std::vector<Case> cases{
      {"[[worker]]\nmemory = \"1GiB\"",
       "x.toml:3: [[worker]] 1: key 'ranks': expected it or 'host', found neither"},
      {"[[worker]]\nranks = [1]\n[[worker]]\nranks = [1]\nhost = \"a\"",
       "x.toml:7: [[worker]] 2: key 'host': expected no 'ranks' beside it, found both"},
      {"[[worker]]\nranks = [0]",
       "x.toml:4: [[worker]] 1: key 'ranks': expected an array of different integers, each integer "
       "from 1 to 1000000, found integer 0 in it"},
      {"[[worker]]\nranks = [2, 2]",
       "x.toml:4: [[worker]] 1: key 'ranks': expected an array of different integers, each integer "
       "from 1 to 1000000, found integer 2 in it"},
      {"[[worker]]\nranks = [1]\nmemory = 5",
       "x.toml:5: [[worker]] 1: key 'memory': expected a size with unit (B, KiB, MiB, GiB, KB, MB "
       "or GB), as in \"512MiB\", found integer 5"},
      {"[[worker]]\nranks = [1]\nmemory = \"auto\"",
       "x.toml:5: [[worker]] 1: key 'memory': expected a size with unit (B, KiB, MiB, GiB, KB, MB "
       "or GB), as in \"512MiB\", found string 'auto'"},
      {"[[worker]]\nranks = [1]\nslowdown = 0.5",
       "x.toml:5: [[worker]] 1: key 'slowdown': expected a number in [1, 1e+06], found number 0.5"},
      {"[[worker]]\nrank = [1]",
       "x.toml:4: key 'worker.rank': unknown, did you mean 'worker.ranks'?"},
      {"[worker]\nranks = [1]",
       "x.toml:3: key 'worker': expected [[worker]] tables, found a table"},
      {"worker = [3]",
       "x.toml:3: key 'worker': expected [[worker]] tables, found integer 3 in an array"},
      {"[[train]]\nminibatch = 3", "x.toml:3: key 'train': expected a table, found an array of 1"},
      {"allocation.memory = \"12\"",
       "x.toml:3: key 'allocation.memory': expected 'auto' or a size with unit (B, KiB, MiB, GiB, "
       "KB, MB or GB), as in \"512MiB\", found string '12'"},
      {"allocation.memory = \"0B\"",
       "x.toml:3: key 'allocation.memory': expected 'auto' or a size with unit (B, KiB, MiB, GiB, "
       "KB, MB or GB), as in \"512MiB\", found string '0B'"},
      {"allocation.memory_fraction = 0",
       "x.toml:3: key 'allocation.memory_fraction': expected a number in (0, 1], found integer 0"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(error_of(c.text), c.error);
  }
}

TEST(FaultPlanTest, errors_say_what_a_fault_needs) {
  const auto error = [](const std::string& keys) { return error_of("[[fault]]\n" + keys); };
  const std::string where = ": [[fault]] 1: key '";
  EXPECT_EQ(error("at_seconds = 1"),
            "x.toml:3" + where + "rank': expected whom the fault strikes, found none");
  EXPECT_EQ(error("rank = 1"),
            "x.toml:3" + where + "at_seconds': expected it or 'at_round', found neither");
  EXPECT_EQ(error("rank = 1\nat_seconds = 1\nat_round = 1"),
            "x.toml:5" + where + "at_seconds': expected it or 'at_round', found both");
  EXPECT_EQ(error("rank = 0\nat_round = 1"),
            "x.toml:5" + where +
                "at_round': expected 'at_seconds', as the server has no rounds, found integer 1");
  EXPECT_EQ(error("rank = 0\nat_seconds = 1\nkind = \"slow\"\nfactor = 2"),
            "x.toml:6" + where +
                "kind': expected kill, freeze or cut for the server, found string 'slow'");
  EXPECT_EQ(error("rank = 1\nat_seconds = 1\nkind = \"freeze\""),
            "x.toml:3" + where + "seconds': expected how long it lasts, found none");
  EXPECT_EQ(
      error("rank = 1\nat_seconds = 1\nseconds = 2"),
      "x.toml:6" + where + "seconds': expected none, as this fault does not last, found integer 2");
  EXPECT_EQ(error("rank = 1\nat_seconds = 1\nkind = \"slow\""),
            "x.toml:3" + where + "factor': expected how slow it is, found none");
  EXPECT_EQ(error("rank = 1\nat_seconds = 1\nfactor = 3"),
            "x.toml:6" + where + "factor': expected none, as the kind is not 'slow', found 3");
}

TEST(RankSettingsTest, tables_are_not_for_the_command_line) {
  const std::string table = "[[worker]]\nranks = [1]\n";
  for (const char* option : {"worker.memory=1GiB", "worker=1"}) {
    EXPECT_NE(error_of(table, {option}).find("unknown key"), std::string::npos) << option;
  }
}

}  // namespace
}  // namespace hermes::runtime
