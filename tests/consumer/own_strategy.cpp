// A strategy that Hermes does not have: as asp, but a worker pushes every third round only. It is
// made of asp's rules with one of its own in the place of the push rule.
#include <hermes/core/state_archive.hpp>
#include <hermes/hermes.hpp>

namespace {

using namespace hermes::protocol;

class EveryThird final : public PushRule {
 public:
  PushDecision decide(const RoundOutcome& /*outcome*/, std::uint32_t /*rounds_left*/) override {
    ++rounds_;
    return {.kind = rounds_ % 3 == 0 ? ReportKind::Push : ReportKind::Suppressed};
  }
  void save(hermes::StateWriter& state) const override { state& rounds_; }
  void load(hermes::StateReader& state) override { state& rounds_; }

 private:
  std::uint64_t rounds_ = 0;
};

Strategy every_third(const StrategyContext& context) {
  Strategy strategy = make_strategy(AspConfig{}, context);
  strategy.push = std::make_unique<EveryThird>();
  return strategy;
}

}  // namespace

int main(int argc, char** argv) {
  return hermes::run(argc, argv, [&](hermes::Session& session) {
    using namespace hermes::nn;
    const hermes::Dataset dataset(argc > 1 ? argv[1] : "data.h5");
    hermes::Network network({.name = "two-layers",
                             .input = Shape::features(dataset.info().features.size()),
                             .layers = {DenseSpec{16}, ReluSpec{}, DenseSpec{2}}},
                            1);
    hermes::TrainOptions options;
    options.config.name = "own-strategy";
    options.config.data.validation = 100;
    options.config.stop.server.max_rounds = 30;
    options.strategy = CustomStrategy{"every-third", every_third};
    options.out = argc > 2 ? argv[2] : "runs/own-strategy";
    return hermes::train(session, network, dataset, options);
  });
}
