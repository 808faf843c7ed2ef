#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <string_view>

#include "hermes/core/random.hpp"
#include "hermes/runtime/run_config.hpp"
#include "runtime/config/key_visitor.hpp"
#include "runtime/config/run_config_keys.hpp"

namespace hermes::runtime {
namespace {

/// Gives every key a random valid value.
class Randomizer final : public KeyVisitor {
 public:
  explicit Randomizer(std::uint64_t seed) : random_(seed, RandomPurpose::Test) {}

  void text(const Key& /*key*/, std::string& value) override {
    constexpr std::string_view kLetters = "aZ09 ./\\\"'#=[]\t\n\x01\x7F\xC3\xA9";
    constexpr std::size_t kAscii = kLetters.size() - 2;  // the last two bytes are one letter
    value.assign(1, 'x');
    for (std::uint64_t letters = random_.below(12); letters > 0; --letters) {
      const std::size_t i = random_.below(kAscii + 1);
      value += kLetters.substr(i, i == kAscii ? 2 : 1);
    }
  }
  void optional_text(const Key& key, std::optional<std::string>& value) override {
    value.reset();
    if (random_.below(2) == 0) {
      text(key, value.emplace());
    }
  }
  void flag(const Key& /*key*/, bool& value) override { value = random_.below(2) == 0; }
  void integer(const Key& /*key*/, std::uint64_t& value, IntegerRange range) override {
    const std::uint64_t span = range.max - range.min;
    value = range.min + random_.next() % (span + 1);
    if (random_.below(8) == 0) {
      value = random_.below(2) == 0 ? range.min : range.max;
    }
  }
  void optional_integer(const Key& key, std::optional<std::uint64_t>& value,
                        IntegerRange range) override {
    value.reset();
    if (random_.below(2) == 0) {
      integer(key, value.emplace(), range);
    }
  }
  void integers(const Key& key, std::vector<std::uint64_t>& values, IntegerRange range) override {
    values.clear();
    for (std::uint64_t count = random_.below(4); count > 0; --count) {
      integer(key, values.emplace_back(), range);
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }
  void byte_size(const Key& /*key*/, std::optional<std::uint64_t>& value,
                 std::string_view /*otherwise*/) override {
    value.reset();
    if (random_.below(2) == 0) {
      value = (1 + random_.below(1U << 20U)) << random_.below(33);
    }
  }
  void real(const Key& /*key*/, double& value, RealRange range) override {
    do {
      value = random_.normal() * std::pow(10.0, 10.0 * random_.uniform() - 6.0);
      value = random_.below(4) == 0 ? std::round(value) : value;
    } while (!range.contains(value));
  }
  void optional_real(const Key& key, std::optional<double>& value, RealRange range) override {
    value.reset();
    if (random_.below(2) == 0) {
      real(key, value.emplace(), range);
    }
  }
  void word(const Key& /*key*/, std::size_t& index,
            std::span<const std::string_view> words) override {
    index = random_.below(words.size());
  }
  void one_of(std::span<const Key> keys, std::size_t& index, std::uint64_t& value,
              IntegerRange range) override {
    index = random_.below(keys.size());
    integer(keys[index], value, range);
  }

 private:
  std::size_t table_count(std::string_view /*name*/, std::size_t /*count*/) override {
    return random_.below(4);
  }
  void begin_table(std::string_view /*name*/, std::size_t /*index*/) override {}
  void end_table() override {}

  RandomStream random_;
};

RunConfig random_config(std::uint64_t seed) {
  RunConfig config;
  Randomizer randomizer(seed);
  visit_keys(config, randomizer);
  // What belongs together.
  config.train.optimizer.momentum = std::max(config.train.optimizer.momentum, 0.25);
  config.train.schedule.every_steps = std::max<std::uint64_t>(config.train.schedule.every_steps, 1);
  config.train.schedule.total_steps = std::max<std::uint64_t>(config.train.schedule.total_steps, 1);
  if (config.wire.payload == PayloadFormat::Topk) {
    config.strategy.type = StrategyKind::Asp;
  }
  config.allocation.minibatch_min = std::bit_floor(config.allocation.minibatch_min);
  config.allocation.minibatch_max =
      std::max(config.allocation.minibatch_min, std::bit_floor(config.allocation.minibatch_max));
  config.stop.server.patience = std::max<std::uint64_t>(config.stop.server.patience, 1);
  for (WorkerSettings& worker : config.workers) {
    if (worker.host) {
      worker.ranks.clear();
    } else if (worker.ranks.empty()) {
      worker.ranks = {1};
    }
  }
  for (Fault& fault : config.faults) {
    const bool lasts = fault.kind == FaultKind::Freeze || fault.kind == FaultKind::Cut;
    fault.rank = std::max<std::uint64_t>(fault.rank.value_or(1), 1);
    fault.at_seconds = fault.at_round ? std::nullopt : std::optional(1.5);
    fault.seconds = lasts ? std::optional(2.5) : std::nullopt;
    fault.factor = fault.kind == FaultKind::Slow ? std::optional(3.5) : std::nullopt;
  }
  config.liveness.worker_timeout += config.liveness.heartbeat;
  config.liveness.server_timeout += config.liveness.heartbeat;
  return config;
}

TEST(RunConfigRoundTripTest, random_valid_configurations_come_back_equal) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const RunConfig config = random_config(seed);
    const std::string text = to_toml(config);
    ASSERT_EQ(parse_run_config(text, "config.toml"), config) << "seed " << seed << "\n" << text;
  }
}

TEST(RunConfigRoundTripTest, defaults_of_every_strategy_come_back_equal) {
  for (const auto type :
       {StrategyKind::Hermes, StrategyKind::Bsp, StrategyKind::Asp, StrategyKind::Ssp,
        StrategyKind::Ebsp, StrategyKind::SelSync, StrategyKind::Timebox}) {
    RunConfig config;
    config.model_file = "m.toml";
    config.data.file = "d.h5";
    config.strategy.type = type;
    EXPECT_EQ(parse_run_config(to_toml(config), "config.toml"), config);
  }
}

}  // namespace
}  // namespace hermes::runtime
