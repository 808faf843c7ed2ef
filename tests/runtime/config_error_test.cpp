#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/runtime/run_config.hpp"
#include "temporary_directory.hpp"

namespace hermes::runtime {
namespace {

constexpr std::string_view kMinimal = "[model]\nfile = \"m.toml\"\n[data]\nfile = \"d.h5\"\n";

std::string error_of(std::string_view text, const std::vector<std::string>& overrides = {}) {
  try {
    parse_run_config(text, "x.toml", overrides);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no error";
}

struct FileCase {
  const char* text;  ///< follows the four lines of kMinimal
  const char* error;
};

void PrintTo(const FileCase& c, std::ostream* out) {
  *out << c.text;
}

class ConfigFileErrorTest : public testing::TestWithParam<FileCase> {};

TEST_P(ConfigFileErrorTest, is_one_line_with_place_expected_and_found) {
  EXPECT_EQ(error_of(std::string(kMinimal) + GetParam().text), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    WrongTypes, ConfigFileErrorTest,
    testing::Values(
        FileCase{"[train]\nminibatch = \"16\"",
                 "x.toml:6: key 'train.minibatch': expected an integer from 1 to 1000000, found "
                 "string '16'"},
        FileCase{"[train]\nminibatch = 16.0",
                 "x.toml:6: key 'train.minibatch': expected an integer from 1 to 1000000, found "
                 "number 16"},
        FileCase{"[train]\noptimizer = { learning_rate = true }",
                 "x.toml:6: key 'train.optimizer.learning_rate': expected a number > 0, found "
                 "boolean true"},
        FileCase{"[strategy.hermes]\nclear_window = 1",
                 "x.toml:6: key 'strategy.hermes.clear_window': expected true or false, found "
                 "integer 1"},
        FileCase{"[strategy]\ntype = 3",
                 "x.toml:6: key 'strategy.type': expected one of 'hermes', 'bsp', 'asp', 'ssp', "
                 "'ebsp', 'selsync', 'timebox', found "
                 "integer 3"},
        FileCase{"[stop]\nmax_seconds = 2026-01-01",
                 "x.toml:6: key 'stop.max_seconds': expected a number in [0, 1e+09], found a date "
                 "or time"},
        FileCase{"[stop]\nmax_rounds = [1]",
                 "x.toml:6: key 'stop.max_rounds': expected an integer >= 0, found an array of 1"},
        FileCase{"[wire.payload]\nx = 1",
                 "x.toml:5: key 'wire.payload': expected one of 'auto', 'fp32', 'fp16', 'bf16', "
                 "'int8', 'topk', found a table"},
        FileCase{"[[train]]\nminibatch = 1",
                 "x.toml:5: key 'train': expected a table, found an array of 1"}));

INSTANTIATE_TEST_SUITE_P(
    OutOfRange, ConfigFileErrorTest,
    testing::Values(
        FileCase{"[train]\nminibatch = 0",
                 "x.toml:6: key 'train.minibatch': expected an integer from 1 to 1000000, found "
                 "integer 0"},
        FileCase{"[stop]\npatience = -1",
                 "x.toml:6: key 'stop.patience': expected an integer >= 0, found integer -1"},
        FileCase{"[stop]\ntarget_accuracy = 90",
                 "x.toml:6: key 'stop.target_accuracy': expected a number in [0, 1], found integer "
                 "90"},
        FileCase{"[train.optimizer]\nmomentum = 1.0",
                 "x.toml:6: key 'train.optimizer.momentum': expected a number in [0, 1), found "
                 "number 1"},
        FileCase{"[train.schedule]\nfactor = 0.0",
                 "x.toml:6: key 'train.schedule.factor': expected a number in (0, 1], found number "
                 "0"},
        FileCase{"[wire]\ndown = \"topk\"",
                 "x.toml:6: key 'wire.down': expected one of 'auto', 'fp32', 'fp16', 'bf16', "
                 "'int8', found string 'topk'"},
        FileCase{"[wire]\ntopk_fraction = 0",
                 "x.toml:6: key 'wire.topk_fraction': expected a number in (0, 1], found integer "
                 "0"},
        FileCase{"[strategy.hermes]\nalpha = -inf",
                 "x.toml:6: key 'strategy.hermes.alpha': expected a finite number, found number "
                 "-inf"},
        FileCase{"[strategy.hermes]\nbeta = nan",
                 "x.toml:6: key 'strategy.hermes.beta': expected a number in [0, 1], found number "
                 "nan"},
        FileCase{"[cluster]\nmin_workers = 4294967296",
                 "x.toml:6: key 'cluster.min_workers': expected an integer from 0 to 4294967295, "
                 "found integer 4294967296"},
        FileCase{"[strategy]\ntype = \"bspp\"",
                 "x.toml:6: key 'strategy.type': expected one of 'hermes', 'bsp', 'asp', 'ssp', "
                 "'ebsp', 'selsync', 'timebox', found "
                 "string 'bspp'"}));

INSTANTIATE_TEST_SUITE_P(
    TablesNotInUse, ConfigFileErrorTest,
    testing::Values(
        FileCase{"[strategy]\ntype = \"bsp\"\n[strategy.hermes]\nwindow = 1",
                 "x.toml:8: key 'strategy.hermes.window': expected an integer from 2 to 1000000, "
                 "found integer 1"},
        FileCase{"[strategy]\ntype = \"bsp\"\n[strategy.asp]\nserver_learn_rate = 1",
                 "x.toml:8: key 'strategy.asp.server_learn_rate': unknown, did you mean "
                 "'strategy.asp.server_learning_rate'?"}));

INSTANTIATE_TEST_SUITE_P(
    UnknownKeys, ConfigFileErrorTest,
    testing::Values(
        FileCase{"[train]\n\nmini_batch = 1",
                 "x.toml:7: key 'train.mini_batch': unknown, did you mean 'train.minibatch'?"},
        FileCase{"[train]\nlearning_rate = 1",
                 "x.toml:6: key 'train.learning_rate': unknown, did you mean "
                 "'train.optimizer.learning_rate'?"},
        FileCase{"[train]\noptimizer = { typ = \"sgd\" }",
                 "x.toml:6: key 'train.optimizer.typ': unknown, did you mean "
                 "'train.optimizer.type'?"},
        FileCase{"[stopp]\npatience = 1", "x.toml:5: key 'stopp': unknown, did you mean 'stop'?"},
        FileCase{"[trane]\n", "x.toml:5: key 'trane': unknown, did you mean 'train'?"},
        FileCase{"\"se\\ned\" = 1",
                 "x.toml:5: key 'data.se ed': unknown, did you mean 'data.file'?"}));

INSTANTIATE_TEST_SUITE_P(
    Together, ConfigFileErrorTest,
    testing::Values(
        FileCase{"[train]\nepochs_per_round = 1\nsteps_per_round = 1",
                 "x.toml:7: key 'train.steps_per_round': expected no 'train.epochs_per_round' "
                 "beside it, found both"},
        FileCase{"[train]\nschedule = { type = \"step\" }",
                 "x.toml:6: key 'train.schedule.every_steps': expected an integer >= 1, as "
                 "train.schedule.type is 'step', found nothing"},
        FileCase{"[train]\nschedule = { type = \"cosine\", total_steps = 0 }",
                 "x.toml:6: key 'train.schedule.total_steps': expected an integer >= 1, as "
                 "train.schedule.type is 'cosine', found integer 0"},
        FileCase{"[train]\noptimizer = { momentum = 0, nesterov = true }",
                 "x.toml:6: key 'train.optimizer.nesterov': expected false, as "
                 "train.optimizer.momentum is 0, found boolean true"},
        FileCase{
            "[wire]\npayload = \"topk\"",
            "x.toml:6: key 'wire.payload': expected 'fp32', 'fp16', 'bf16' or 'int8', as strategy "
            "'hermes' does not merge deltas, found string 'topk'"},
        FileCase{"[stop]\npatience = 0",
                 "x.toml:6: key 'stop.patience': expected at least one limit in [stop], found "
                 "none"},
        FileCase{"[allocation]\nminibatch_max = 100",
                 "x.toml:6: key 'allocation.minibatch_max': expected a power of two, found 100"},
        FileCase{"[allocation]\nminibatch_max = 16\nminibatch_min = 32",
                 "x.toml:7: key 'allocation.minibatch_min': expected at most "
                 "allocation.minibatch_max (16), found 32"},
        FileCase{"[liveness]\nheartbeat_seconds = 20",
                 "x.toml:5: key 'liveness.worker_timeout_seconds': expected more than "
                 "liveness.heartbeat_seconds (20), found 10"}));

TEST(ConfigErrorTest, missing_required_keys_are_named) {
  EXPECT_EQ(error_of("[data]\nfile = \"d.h5\"\n[model]\n"),
            "x.toml:3: key 'model.file': expected a string that is not empty, found nothing");
  EXPECT_EQ(error_of("seed = 1\n[model]\nfile = \"m.toml\"\n"),
            "x.toml:1: key 'data.file': expected a string that is not empty, found nothing");
  EXPECT_EQ(error_of("[model]\nfile = \"\"\n"),
            "x.toml:2: key 'model.file': expected a string that is not empty, found string ''");
}

TEST(ConfigErrorTest, text_that_is_not_toml_is_told_with_its_line) {
  const std::string error = error_of("seed = 1\nname = \n");
  EXPECT_EQ(error.rfind("x.toml:2: expected valid TOML, found: ", 0), 0U) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos);
}

TEST(ConfigErrorTest, long_and_broken_text_is_shown_in_one_short_line) {
  const std::string error =
      error_of(std::string(kMinimal) + "partition = \"a\\nb" + std::string(1000, 'c') + "\"");
  EXPECT_EQ(error,
            "x.toml:5: key 'data.partition': expected one of 'shared', 'disjoint', "
            "'by_label', found string 'a b" +
                std::string(57, 'c') + "...'");
}

TEST(ConfigErrorTest, keys_in_one_another_are_bounded) {
  std::string deep = "a";
  for (int i = 0; i < 200000; ++i) {
    deep += ".a";
  }
  const std::string expected = "expected keys of at most 16 parts, found more";
  EXPECT_EQ(error_of("seed = 1\n" + deep + " = 1"), "x.toml:2: " + expected);
  EXPECT_EQ(error_of("[" + deep + "]"), "x.toml:1: " + expected);
  EXPECT_EQ(error_of("name = \"\"\"\n...................\n\"\"\"\n" + deep + " = 1"),
            "x.toml:4: " + expected);
  EXPECT_EQ(error_of("\"a\\\".\".\"#\"." + deep + " = 1"), "x.toml:1: " + expected);
}

TEST(ConfigErrorTest, text_with_many_dots_that_are_no_keys_is_fine) {
  const std::string dots(50, '.');
  EXPECT_EQ(error_of("# " + dots + "\nname = \"" + dots + "\"\n[data]\nfile = '" + dots +
                     "'\n[model]\nfile = \"\"\"" + dots + "\"\"\"\n"),
            "no error");
}

TEST(ConfigErrorTest, large_nonsense_is_refused_quickly) {
  const std::string megabyte(1 << 20, 'k');
  EXPECT_EQ(error_of("\"" + megabyte + "\" = 1").substr(0, 17), "x.toml:1: key 'kk");
  std::string tables(kMinimal);
  for (int i = 0; i < 90000; ++i) {
    tables += "[[worker]]\n";
  }
  EXPECT_NE(error_of(tables).find("expected at most 4096 [[worker]] tables"), std::string::npos);
  std::string ranks = std::string(kMinimal) + "[[worker]]\nranks = [";
  for (int i = 1; i <= 150000; ++i) {
    ranks += std::to_string(i) + ",";
  }
  EXPECT_NE(error_of(ranks + "1]").find("integer 1 in it"), std::string::npos);
}

TEST(ConfigErrorTest, file_that_cannot_be_read_is_named) {
  const TemporaryDirectory directory;
  const auto error_of_file = [](const std::filesystem::path& file) -> std::string {
    try {
      load_run_config(file);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no error";
  };
  const auto missing = directory.path() / "none.toml";
  EXPECT_EQ(error_of_file(missing), missing.string() + ": expected a readable file, found none");
  EXPECT_EQ(error_of_file(directory.path()),
            directory.path().string() + ": expected a readable file, found none");
  const auto large = directory.write("large.toml", std::string(std::size_t{2} << 20U, '#'));
  EXPECT_EQ(error_of_file(large),
            large.string() + ": expected a TOML file of at most 1 MiB, found a larger one");
}

TEST(ConfigOverrideErrorTest, names_the_option) {
  struct Case {
    const char* option;
    const char* error;
  };
  const std::vector<Case> cases{
      {"seed", "--set: expected key=value, found 'seed'"},
      {"sead=1", "--set sead: unknown key, did you mean 'seed'?"},
      {"=1", "--set: expected key=value, found '=1'"},
      {"seed.x=1", "--set seed.x: unknown key, did you mean 'seed'?"},
      {"seed=", "--set seed: expected a TOML value or a bare word, found ''"},
      {"seed=[1", "--set seed: expected a TOML value or a bare word, found '[1'"},
      {"seed=1\nname=\"a\"",
       "--set seed: expected a TOML value or a bare word, found '1 name=\"a\"'"},
      {"seed=abc", "--set seed: expected an integer >= 0, found string 'abc'"},
      {"strategy.type=foo",
       "--set strategy.type: expected one of 'hermes', 'bsp', 'asp', 'ssp', 'ebsp', 'selsync', "
       "'timebox', found "
       "string 'foo'"},
      {"strategy.hermes={ alhpa = 1 }",
       "--set strategy.hermes: key 'strategy.hermes.alhpa': unknown, did you mean "
       "'strategy.hermes.alpha'?"},
      {"strategy=bsp", "--set strategy: expected a table, found string 'bsp'"},
      {"train.schedule.type=step",
       "x.toml:1: key 'train.schedule.every_steps': expected an integer >= 1, as "
       "train.schedule.type is 'step', found nothing"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(error_of(kMinimal, {c.option}), c.error);
  }
  EXPECT_EQ(error_of(kMinimal, {"train.steps_per_round=1", "train.epochs_per_round=1"}),
            "--set train.steps_per_round: expected no "
            "'train.epochs_per_round' beside it, found both");
  EXPECT_EQ(error_of(kMinimal, {"strategy=\"bsp\"", "strategy.type=ssp"}),
            "--set strategy.type: expected 'strategy' to be a table, found string 'bsp'");
}

}  // namespace
}  // namespace hermes::runtime
