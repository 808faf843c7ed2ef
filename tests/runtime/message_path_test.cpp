// What a round costs on the way of its messages, push to merge to pull: no payload is copied, and
// once every buffer has been used nothing is allocated. Every operator new of this program counts.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "hermes/core/vector_ops.hpp"
#include "hermes/protocol/strategies/merge_rules.hpp"
#include "hermes/runtime/channel.hpp"
#include "hermes/transport/in_proc_network.hpp"
#include "support/allocation_counter.hpp"

namespace hermes::runtime {
namespace {

using protocol::MergeRule;
using protocol::PayloadKind;
using wire::PayloadEncoding;

constexpr std::size_t kParameters = 5000;
constexpr std::uint32_t kWorkers = 2;

/// Workers that push what lies in their buffers, and a server that merges and releases: the ends
/// of every channel, without the decisions of the protocol.
class MessagePath {
 public:
  MessagePath(MergeRule& rule, PayloadEncoding encoding)
      : rule_(rule),
        network_(kWorkers + 1, {.payload_bytes_max = kParameters * sizeof(float)}),
        pool_(kParameters),
        initial_(pool_.copy_of(std::vector<float>(kParameters, 1.0F))),
        global_(initial_) {
    for (std::int32_t rank = 0; rank <= static_cast<std::int32_t>(kWorkers); ++rank) {
      transports_.push_back(network_.endpoint(Rank{rank}));
      channels_.push_back(std::make_unique<Channel>(*transports_.back(), kParameters, encoding));
      auto local = std::make_shared<AlignedVector<float>>(kParameters, 0.25F);
      local_.emplace_back(local, *local);
    }
    channels_.front()->keep_halves();
    updates_.reserve(kWorkers);
  }

  void round() {
    for (std::uint32_t worker = 1; worker <= kWorkers; ++worker) {
      protocol::Report report;
      report.payload = rule_.payload();
      channels_[worker]->send(kServerRank, {report, local_[worker]});
    }
    updates_.clear();
    while (std::optional<Channel::Incoming> incoming = channels_[0]->receive()) {
      ASSERT_TRUE(incoming->message);
      ASSERT_TRUE(all_within(incoming->message->payload, 1e30F));
      updates_.push_back({.rank = incoming->from,
                          .kind = rule_.payload(),
                          .payload = std::move(incoming->message->payload),
                          .loss = 0.5,
                          .samples = 10});
    }
    ASSERT_EQ(updates_.size(), kWorkers);
    merge();
    for (std::uint32_t worker = 1; worker <= kWorkers; ++worker) {
      const protocol::Release release{.version = version_,
                                      .model = protocol::ModelSource::Attached};
      channels_[0]->send(Rank{static_cast<std::int32_t>(worker)}, {release, global_});
      pulled_ = channels_[worker]->receive()->message->payload;
      ASSERT_EQ(pulled_.size(), kParameters);
    }
  }

  const protocol::Update& update(std::size_t index) const { return updates_[index]; }
  const SharedParameters& local(std::size_t worker) const { return local_[worker]; }
  const SharedParameters& global() const { return global_; }
  const SharedParameters& pulled() const { return pulled_; }

 private:
  void merge() {
    ParameterBuffer merged = pool_.acquire();
    rule_.merge({.version = version_,
                 .initial = initial_.values(),
                 .global = global_.values(),
                 .global_loss = 0.5,
                 .updates = updates_},
                merged.values());
    global_ = std::move(merged).seal();
    version_ = version_.next();
  }

  MergeRule& rule_;
  transport::InProcNetwork network_;
  ParameterPool pool_;
  SharedParameters initial_;
  SharedParameters global_;
  SharedParameters pulled_;
  Version version_{};
  std::vector<std::unique_ptr<transport::Transport>> transports_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::vector<SharedParameters> local_;
  std::vector<protocol::Update> updates_;
};

struct PathCase {
  const char* name;
  std::unique_ptr<MergeRule> rule;
  PayloadEncoding encoding;
};

std::vector<PathCase> cases() {
  using protocol::EachDelta;
  using protocol::LossWeighted;
  using protocol::MeanOfUpdates;
  std::vector<PathCase> all;
  for (const auto encoding : {PayloadEncoding::Fp32, PayloadEncoding::Fp16, PayloadEncoding::Bf16,
                              PayloadEncoding::Int8}) {
    all.push_back({"mean of models",
                   std::make_unique<MeanOfUpdates>(protocol::ServerOptimizerConfig{},
                                                   PayloadKind::Parameters),
                   encoding});
    all.push_back(
        {"nesterov along the mean of deltas",
         std::make_unique<MeanOfUpdates>(
             protocol::ServerOptimizerConfig{.kind = protocol::ServerOptimizerKind::Nesterov},
             PayloadKind::Delta),
         encoding});
    all.push_back(
        {"each delta", std::make_unique<EachDelta>(protocol::ServerOptimizerConfig{}), encoding});
    all.push_back({"loss weighted", std::make_unique<LossWeighted>(0.0), encoding});
  }
  return all;
}

TEST(MessagePathTest, a_round_in_steady_state_allocates_nothing) {
  for (const PathCase& c : cases()) {
    MessagePath path(*c.rule, c.encoding);
    for (int warm = 0; warm < 3; ++warm) {
      path.round();
    }
    const std::size_t before = hermes::testing::allocation_count();
    path.round();
    path.round();
    EXPECT_EQ(hermes::testing::allocation_count() - before, 0U)
        << c.name << ", encoding " << static_cast<int>(c.encoding);
  }
}

TEST(MessagePathTest, floats_arrive_in_the_memory_that_they_were_sent_from) {
  protocol::MeanOfUpdates rule({}, PayloadKind::Parameters);
  MessagePath path(rule, PayloadEncoding::Fp32);
  path.round();
  for (std::size_t index = 0; index < kWorkers; ++index) {
    EXPECT_EQ(path.update(index).payload.values().data(), path.local(index + 1).values().data());
  }
  EXPECT_EQ(path.pulled().values().data(), path.global().values().data());
}

TEST(MessagePathTest, halves_reach_the_merge_as_halves) {
  protocol::MeanOfUpdates rule({}, PayloadKind::Parameters);
  MessagePath path(rule, PayloadEncoding::Fp16);
  path.round();
  EXPECT_TRUE(path.update(0).payload.is_half());
  EXPECT_FALSE(path.pulled().is_half());
  EXPECT_EQ(path.global().values()[7], 0.25F);
}

}  // namespace
}  // namespace hermes::runtime
