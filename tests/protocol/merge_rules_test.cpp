#include "hermes/protocol/strategies/merge_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <vector>

#include "hermes/core/random.hpp"
#include "protocol/parameters.hpp"

namespace hermes::protocol {
namespace {

using Values = std::vector<float>;

Update update(Values values, std::uint64_t samples = 1, double loss = 1.0,
              std::uint64_t staleness = 0) {
  return Update{.payload = shared(std::move(values)),
                .loss = loss,
                .samples = samples,
                .staleness = staleness};
}

Values merge(MergeRule& rule, const Values& initial, const Values& global,
             const std::vector<Update>& updates, Version version = Version{1},
             std::optional<double> global_loss = std::nullopt) {
  Values merged(global.size(), 777.0F);
  rule.merge(MergeInput{.version = version,
                        .initial = initial,
                        .global = global,
                        .global_loss = global_loss,
                        .updates = updates},
             merged);
  return merged;
}

/// Finite floats of every magnitude and sign, zeros and subnormals included.
Values wild_values(std::size_t count, std::uint64_t seed) {
  RandomStream random(seed, RandomPurpose::Test);
  Values values{0.0F, -0.0F, 1e-45F, -1e-40F, 3.4e38F};
  while (values.size() < count) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
    if (std::isfinite(value)) {
      values.push_back(value);
    }
  }
  return values;
}

std::vector<std::uint32_t> bits(const Values& values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values) {
    bits.push_back(std::bit_cast<std::uint32_t>(value));
  }
  return bits;
}

TEST(MeanOfUpdatesTest, one_worker_gets_its_own_weights_back_bit_for_bit) {
  MeanOfUpdates rule({.learning_rate = 1.0}, PayloadKind::Parameters);
  const Values global = wild_values(5000, 1);
  const Values local = wild_values(5000, 2);
  for (const std::uint64_t samples : {1U, 3U, 7919U, 50'000'000U}) {
    EXPECT_EQ(bits(merge(rule, global, global, {update(local, samples)})), bits(local));
  }
}

TEST(MeanOfUpdatesTest, models_weigh_by_their_samples) {
  MeanOfUpdates rule({.learning_rate = 1.0}, PayloadKind::Parameters);
  const std::vector<Update> updates{update({1.0F, 8.0F}, 1), update({5.0F, 0.0F}, 3)};
  EXPECT_EQ(merge(rule, {0, 0}, {9, 9}, updates), (Values{4.0F, 2.0F}));
}

TEST(MeanOfUpdatesTest, learning_rate_scales_the_step_from_the_global_model) {
  MeanOfUpdates rule({.learning_rate = 0.25}, PayloadKind::Parameters);
  const std::vector<Update> updates{update({4.0F, -4.0F}), update({8.0F, 0.0F})};
  EXPECT_EQ(merge(rule, {0, 0}, {2, 2}, updates), (Values{3.0F, 1.0F}));
}

TEST(MeanOfUpdatesTest, agrees_with_the_slow_version_over_several_blocks) {
  RandomStream random(4, RandomPurpose::Test);
  const std::size_t size = 2500;
  MeanOfUpdates rule({.learning_rate = 0.7}, PayloadKind::Parameters);
  std::vector<Values> models(3, Values(size));
  Values global(size);
  std::vector<Update> updates;
  for (Values& model : models) {
    for (float& value : model) {
      value = static_cast<float>(random.normal());
    }
    updates.push_back(update(model, 1 + random.below(100)));
  }
  const Values merged = merge(rule, global, global, updates);
  for (std::size_t i = 0; i < size; ++i) {
    long double sum = 0.0L;
    long double samples = 0.0L;
    for (std::size_t k = 0; k < 3; ++k) {
      sum += static_cast<long double>(updates[k].samples) * models[k][i];
      samples += static_cast<long double>(updates[k].samples);
    }
    ASSERT_FLOAT_EQ(merged[i], static_cast<float>(0.7L * sum / samples)) << i;
  }
}

TEST(MeanOfUpdatesTest, deltas_lead_where_the_models_lead_but_for_rounding) {
  RandomStream random(6, RandomPurpose::Test);
  constexpr std::size_t kSize = 1500;
  for (const ServerOptimizerKind kind :
       {ServerOptimizerKind::Sgd, ServerOptimizerKind::Momentum, ServerOptimizerKind::Nesterov}) {
    for (const double rate : {1.0, 0.4}) {
      MeanOfUpdates of_models({.kind = kind, .learning_rate = rate}, PayloadKind::Parameters);
      MeanOfUpdates of_deltas({.kind = kind, .learning_rate = rate}, PayloadKind::Delta);
      Values global(kSize, 0.5F);
      for (int step = 0; step < 5; ++step) {
        std::vector<Update> models;
        std::vector<Update> deltas;
        for (int worker = 0; worker < 3; ++worker) {
          Values model = global;
          Values delta(kSize);
          for (std::size_t i = 0; i < kSize; ++i) {
            model[i] += static_cast<float>(0.1 * random.normal());
            delta[i] = model[i] - global[i];
          }
          const std::uint64_t samples = 1 + random.below(50);
          models.push_back(update(model, samples));
          deltas.push_back(update(delta, samples));
        }
        const Values a = merge(of_models, global, global, models);
        const Values b = merge(of_deltas, global, global, deltas);
        for (std::size_t i = 0; i < kSize; ++i) {
          ASSERT_NEAR(a[i], b[i], 1e-5) << "step " << step;
        }
        global = a;
      }
    }
  }
}

TEST(EachDeltaTest, is_one_step_of_the_optimizer_for_each_delta_in_their_order) {
  EachDelta rule({.kind = ServerOptimizerKind::Momentum, .learning_rate = 1.0, .momentum = 0.5});
  // m = 4, w = 14; m = 2 - 1 = 1, w = 15; then m = 0.5 + 1, w = 16.5
  EXPECT_EQ(merge(rule, {0}, {10}, {update({4.0F}), update({-1.0F})}), (Values{15.0F}));
  EXPECT_EQ(merge(rule, {0}, {15}, {update({1.0F})}), (Values{16.5F}));
}

TEST(EachDeltaTest, several_blocks_go_the_way_of_each_parameter_alone) {
  RandomStream random(7, RandomPurpose::Test);
  const ServerOptimizerConfig config{.kind = ServerOptimizerKind::Adam, .learning_rate = 0.1};
  EachDelta rule(config);
  const std::size_t size = 2500;
  std::vector<Update> updates;
  for (int k = 0; k < 3; ++k) {
    Values delta(size);
    for (float& value : delta) {
      value = static_cast<float>(random.normal());
    }
    updates.push_back(update(delta));
  }
  const Values merged = merge(rule, Values(size), Values(size, 1.0F), updates);
  for (const std::size_t i : {0U, 1023U, 1024U, 2499U}) {
    EachDelta alone(config);
    std::vector<Update> own;
    for (const Update& whole : updates) {
      own.push_back(update({whole.payload.values()[i]}));
    }
    EXPECT_EQ(merge(alone, {0}, {1}, own)[0], merged[i]) << i;
  }
}

TEST(EachDeltaTest, adds_every_delta_times_the_learning_rate) {
  EachDelta rule({.learning_rate = 0.5});
  const std::vector<Update> updates{update({2.0F, 4.0F}, 1), update({-6.0F, 8.0F}, 99)};
  EXPECT_EQ(merge(rule, {0, 0}, {1, 1}, updates), (Values{-1.0F, 7.0F}));
  EXPECT_EQ(merge(rule, {0, 0}, {1, 1}, {update({2.0F, 4.0F})}), (Values{2.0F, 3.0F}));
}

TEST(MergeRulesTest, what_workers_must_send) {
  EXPECT_EQ(MeanOfUpdates({}, PayloadKind::Parameters).payload(), PayloadKind::Parameters);
  EXPECT_EQ(EachDelta({}).payload(), PayloadKind::Delta);
  EXPECT_EQ(LossWeighted(0.0).payload(), PayloadKind::Displacement);
}

TEST(LossWeightedTest, first_push_is_taken_as_it_is) {
  LossWeighted rule(0.0);
  EXPECT_EQ(merge(rule, {1, 2}, {1, 2}, {update({0.5F, -1.0F}, 1, 123.0)}, Version{0}),
            (Values{1.5F, 1.0F}));
}

TEST(LossWeightedTest, only_the_first_of_several_first_pushes_is_taken_as_it_is) {
  LossWeighted rule(0.0);
  const std::vector<Update> updates{update({4, 8}, 1, 3.0), update({8, 0}, 1, 1.0)};
  EXPECT_EQ(merge(rule, {0, 0}, {9, 9}, updates, Version{0}), (Values{7.0F, 2.0F}));
}

TEST(LossWeightedTest, smaller_loss_weighs_more) {
  LossWeighted rule(0.0);
  // a = 1/3, b = 1/1: the global model counts a quarter.
  EXPECT_EQ(merge(rule, {0, 0}, {4, 8}, {update({8, 0}, 1, 1.0)}, Version{1}, 3.0),
            (Values{7.0F, 2.0F}));
}

TEST(LossWeightedTest, loss_of_the_first_push_stands_in_until_the_server_has_evaluated) {
  LossWeighted rule(0.0);
  merge(rule, {0, 0}, {0, 0}, {update({4, 8}, 1, 3.0)}, Version{0});
  EXPECT_EQ(merge(rule, {0, 0}, {4, 8}, {update({8, 0}, 1, 1.0)}, Version{1}),
            (Values{7.0F, 2.0F}));
}

TEST(LossWeightedTest, stale_pushes_weigh_less) {
  // b = (1 + 3)^-0.5 = 1/2 against a = 1/2.
  LossWeighted rule(0.5);
  EXPECT_EQ(merge(rule, {0, 0}, {4, 8}, {update({8, 0}, 1, 1.0, 3)}, Version{5}, 2.0),
            (Values{6.0F, 4.0F}));
  LossWeighted indifferent(0.0);
  EXPECT_EQ(merge(indifferent, {0, 0}, {4, 8}, {update({8, 0}, 1, 1.0, 3)}, Version{5}, 1.0),
            (Values{6.0F, 4.0F}));
}

TEST(LossWeightedTest, losses_of_nought_or_infinity_do_no_harm) {
  LossWeighted rule(0.0);
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(merge(rule, {0, 0}, {4, 8}, {update({8, 0}, 1, 0.0)}, Version{1}, 0.0),
            (Values{6.0F, 4.0F}));
  EXPECT_EQ(merge(rule, {0, 0}, {4, 8}, {update({8, 0}, 1, 2.0)}, Version{1}, infinity),
            (Values{8.0F, 0.0F}));
}

// Hermes paper, loss-weighted aggregation: G = (W1 G + W2 G_i) / (W1 + W2), w = w_0 - eta G, where
// the G are sums of gradients. In parameter space that is the rule above.
TEST(LossWeightedTest, is_the_papers_weighted_sum_of_gradients) {
  RandomStream random(5, RandomPurpose::Test);
  constexpr std::size_t kSize = 50;
  constexpr double kEta = 0.05;
  std::vector<double> gradients(kSize);  // the paper's G
  std::vector<double> model(kSize);      // the same in parameter space, double precision
  Values initial(kSize);
  for (std::size_t i = 0; i < kSize; ++i) {
    initial[i] = static_cast<float>(random.normal());
    model[i] = static_cast<double>(initial[i]);
  }
  LossWeighted rule(0.0);
  Values global = initial;
  double global_loss = 0.0;
  for (std::uint64_t version = 0; version < 40; ++version) {
    const double loss = 0.1 + random.uniform();
    const double w1 = version == 0 ? 0.0 : 1.0 / global_loss;
    const double w2 = 1.0 / loss;
    Values displacement(kSize);
    for (std::size_t i = 0; i < kSize; ++i) {
      displacement[i] = static_cast<float>(random.normal());
      const double pushed = -static_cast<double>(displacement[i]) / kEta;  // w_i = w_0 - eta G_i
      gradients[i] = (w1 * gradients[i] + w2 * pushed) / (w1 + w2);
      const double local = static_cast<double>(initial[i]) + static_cast<double>(displacement[i]);
      model[i] = (w1 * model[i] + w2 * local) / (w1 + w2);
      const double papers = static_cast<double>(initial[i]) - kEta * gradients[i];
      ASSERT_NEAR(papers, model[i], 1e-12) << "version " << version;
    }
    global = merge(rule, initial, global, {update(displacement, 1, loss)}, Version{version},
                   version == 0 ? std::nullopt : std::optional(global_loss));
    for (std::size_t i = 0; i < kSize; ++i) {
      ASSERT_NEAR(global[i], model[i], 1e-5) << "version " << version;
    }
    global_loss = 0.1 + random.uniform();
  }
}

// ---- running statistics: the last two of three values ----

/// A merge of models whose last two values are statistics.
Values merge_statistics(MergeRule& rule, const Values& global, const std::vector<Update>& updates,
                        std::uint32_t live_workers = 1, double global_loss = 1.0,
                        Version version = Version{1}) {
  Values merged(global.size(), 777.0F);
  const Values initial(global.size(), 100.0F);
  rule.merge(MergeInput{.version = version,
                        .initial = initial,
                        .global = global,
                        .global_loss = global_loss,
                        .updates = updates,
                        .statistics_count = 2,
                        .live_workers = live_workers},
             merged);
  return merged;
}

constexpr ServerOptimizerKind kKinds[] = {ServerOptimizerKind::Sgd, ServerOptimizerKind::Momentum,
                                          ServerOptimizerKind::Nesterov, ServerOptimizerKind::Adam};

TEST(StatisticsTest, means_take_the_plain_mean_by_samples_whatever_the_server_optimizer) {
  for (const ServerOptimizerKind kind : kKinds) {
    for (const PayloadKind payload : {PayloadKind::Parameters, PayloadKind::Delta}) {
      MeanOfUpdates rule({.kind = kind, .learning_rate = 0.3}, payload);
      for (int step = 0; step < 3; ++step) {  // momentum would show later
        const Values merged =
            merge_statistics(rule, {5, 100, 900}, {update({1, 2, 8}, 3), update({1, -2, 0}, 1)});
        EXPECT_EQ(merged[1], 1.0F);
        EXPECT_EQ(merged[2], 6.0F);
      }
    }
  }
}

TEST(StatisticsTest, the_trained_part_is_merged_as_if_there_were_none) {
  for (const ServerOptimizerKind kind : kKinds) {
    const ServerOptimizerConfig config{.kind = kind, .learning_rate = 0.3};
    const std::vector<Update> updates{update({2, 7, 7}, 3), update({4, 9, 9}, 1)};
    const std::vector<Update> bare{update({2}, 3), update({4}, 1)};
    MeanOfUpdates mean(config, PayloadKind::Delta);
    MeanOfUpdates bare_mean(config, PayloadKind::Delta);
    EXPECT_EQ(merge_statistics(mean, {5, 1, 1}, updates)[0], merge(bare_mean, {0}, {5}, bare)[0]);
    EachDelta each(config);
    EachDelta bare_each(config);
    EXPECT_EQ(merge_statistics(each, {5, 1, 1}, updates)[0], merge(bare_each, {0}, {5}, bare)[0]);
  }
}

TEST(StatisticsTest, a_lone_worker_gets_its_own_back_bit_for_bit_from_every_rule) {
  const Values global{1.0F, 3.7F, 1e30F};
  const Values own{2.0F, -0.3F, 1e-30F};
  std::vector<std::unique_ptr<MergeRule>> rules;
  for (const ServerOptimizerKind kind : kKinds) {
    const ServerOptimizerConfig config{.kind = kind, .learning_rate = 0.1};
    rules.push_back(std::make_unique<MeanOfUpdates>(config, PayloadKind::Parameters));
    rules.push_back(std::make_unique<MeanOfUpdates>(config, PayloadKind::Delta));
    rules.push_back(std::make_unique<EachDelta>(config));
  }
  for (const auto& rule : rules) {
    const Values merged = merge_statistics(*rule, global, {update(own, 17)});
    EXPECT_EQ(bits({merged[1], merged[2]}), bits({own[1], own[2]}));
  }
  LossWeighted first(0.0);
  const Values merged = merge_statistics(first, global, {update(own)}, 1, 1.0, Version{0});
  EXPECT_EQ(bits({merged[1], merged[2]}), bits({own[1], own[2]}));
}

TEST(StatisticsTest, each_push_counts_as_one_of_the_live_workers) {
  EachDelta rule({.kind = ServerOptimizerKind::Momentum, .learning_rate = 0.1});
  EXPECT_EQ(merge_statistics(rule, {0, 8, 4}, {update({0, 0, 8})}, 4)[1], 6.0F);
  EXPECT_EQ(merge_statistics(rule, {0, 8, 4}, {update({0, 0, 8})}, 4)[2], 5.0F);
  // One after the other: 8 -> 4 -> 2.
  EXPECT_EQ(merge_statistics(rule, {0, 8, 0}, {update({0, 0, 0}), update({0, 0, 0})}, 2)[1], 2.0F);
}

TEST(StatisticsTest, loss_weighs_them_like_the_model_and_the_start_of_the_run_does_not_count) {
  LossWeighted rule(0.0);
  // a = 1/3, b = 1/1: the global model counts a quarter; what was pushed is no displacement.
  const Values merged = merge_statistics(rule, {4, 8, 0}, {update({8, 0, 4}, 1, 1.0)}, 1, 3.0);
  EXPECT_EQ(merged, (Values{82.0F, 2.0F, 3.0F}));
}

TEST(StatisticsTest, no_rule_ever_pushes_a_variance_below_zero) {
  RandomStream random(9, RandomPurpose::Test);
  for (const ServerOptimizerKind kind : kKinds) {
    const ServerOptimizerConfig config{.kind = kind, .learning_rate = 2.0, .momentum = 0.99};
    MeanOfUpdates mean(config, PayloadKind::Delta);
    EachDelta each(config);
    LossWeighted weighted(0.5);
    for (MergeRule* rule : std::initializer_list<MergeRule*>{&mean, &each, &weighted}) {
      Values global{0.0F, 1.0F, 1.0F};
      float largest = 1.0F;
      for (int step = 0; step < 200; ++step) {
        // From huge to nothing, and stale: the worker's own may be far from the present one.
        const auto pushed = static_cast<float>(std::exp(-0.2 * step) * random.uniform());
        largest = std::max(largest, pushed);
        global = merge_statistics(
            *rule, global, {update({1.0F, pushed, pushed}, 1 + random.below(9), 0.1 + pushed, 3)},
            1 + static_cast<std::uint32_t>(random.below(4)));
        ASSERT_GE(global[2], 0.0F) << "step " << step;
        ASSERT_LE(global[2], largest) << "step " << step;
      }
    }
  }
}

TEST(StatisticsTest, several_blocks_go_the_same_way) {
  constexpr std::size_t kSize = 3000;
  MeanOfUpdates rule({.kind = ServerOptimizerKind::Adam}, PayloadKind::Delta);
  const Values global(kSize, 50.0F);
  Values merged(kSize);
  const std::vector<Update> updates{update(Values(kSize, 2.0F)), update(Values(kSize, 4.0F))};
  rule.merge(
      MergeInput{.initial = merged, .global = global, .updates = updates, .statistics_count = 2500},
      merged);
  for (std::size_t i = 0; i < kSize; ++i) {
    ASSERT_EQ(merged[i] == 3.0F, i >= 500) << i;
  }
}

}  // namespace
}  // namespace hermes::protocol
