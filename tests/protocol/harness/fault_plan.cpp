#include "protocol/harness/fault_plan.hpp"

#include <algorithm>

#include "hermes/core/random.hpp"

namespace hermes::protocol::harness {
namespace {

struct Span {
  Instant begin;
  Instant end;
};

Span draw_span(RandomStream& random, Duration horizon) {
  const Instant begin = Instant(random.uniform() * horizon);
  // From a hiccup to far beyond every deadline.
  const Duration length = seconds(0.2) + random.uniform() * random.uniform() * seconds(25.0);
  return {begin, begin + length};
}

Rank draw_worker(RandomStream& random, std::uint32_t workers) {
  return Rank{static_cast<Rank::rep>(1 + random.below(workers))};
}

void draw_noise(RandomStream& random, FaultPlan& plan, std::uint32_t workers, double likelihood) {
  plan.noise.resize(workers);
  for (Noise& noise : plan.noise) {
    if (random.uniform() < likelihood) {
      noise.garbled = 0.1 * random.uniform();
      noise.nan_payload = 0.2 * random.uniform();
      noise.misshapen_payload = 0.2 * random.uniform();
      noise.nan_loss = 0.2 * random.uniform();
    }
  }
  plan.nan_evaluation = random.uniform() < likelihood ? 0.2 : 0.0;
}

}  // namespace

const Noise& FaultPlan::noise_of(Rank worker) const {
  static const Noise kNone{};
  return noise.empty() ? kNone : noise.at(static_cast<std::size_t>(worker.value) - 1);
}

bool FaultPlan::is_untouched(Rank worker) const {
  const auto hits = [worker](const auto& fault) { return fault.worker == worker; };
  const auto freezes_it = [worker](const Freeze& freeze) {
    return freeze.node == worker || freeze.node == kServerRank;
  };
  return std::none_of(freezes.begin(), freezes.end(), freezes_it) &&
         std::none_of(outages.begin(), outages.end(), hits) &&
         std::none_of(deaths.begin(), deaths.end(), hits) &&
         std::none_of(failures.begin(), failures.end(), hits) &&
         std::find(misfits.begin(), misfits.end(), worker) == misfits.end() &&
         noise_of(worker).garbled == 0.0;
}

FaultPlan draw_faults(std::uint64_t seed, std::uint32_t workers, Duration horizon) {
  RandomStream random(seed, RandomPurpose::Test, 1);
  const double likelihood = seed % 2 == 0 ? 0.6 : 0.15;
  const auto happens = [&random](double probability) { return random.uniform() < probability; };
  FaultPlan plan;
  for (std::uint32_t i = 0; i < workers; ++i) {
    if (happens(likelihood)) {
      const Span span = draw_span(random, horizon);
      plan.freezes.push_back({draw_worker(random, workers), span.begin, span.end});
    }
    if (happens(likelihood)) {
      const Span span = draw_span(random, horizon);
      plan.outages.push_back({draw_worker(random, workers), span.begin, span.end});
    }
    if (happens(0.3 * likelihood)) {
      plan.deaths.push_back({draw_worker(random, workers), Instant(random.uniform() * horizon)});
    }
  }
  if (happens(0.4 * likelihood)) {
    const Span span = draw_span(random, horizon);
    plan.freezes.push_back({kServerRank, span.begin, span.end});
  }
  if (happens(0.2 * likelihood)) {
    plan.misfits.push_back(draw_worker(random, workers));
  }
  if (happens(0.2 * likelihood)) {
    const StopReason reason = happens(0.3) ? StopReason::BadInput : StopReason::Failed;
    plan.failures.push_back(
        {draw_worker(random, workers), Instant(random.uniform() * horizon), reason});
  }
  if (happens(0.2 * likelihood)) {
    plan.interrupted_at = Instant(random.uniform() * horizon);
  }
  draw_noise(random, plan, workers, likelihood);
  return plan;
}

}  // namespace hermes::protocol::harness
