#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "hermes/core/state_archive.hpp"
#include "hermes/protocol/strategies/release_rules.hpp"

namespace hermes::protocol {
namespace {

// Until something was measured. Short, because nothing is known; at least a mini-batch each.
constexpr double kFirstBoxSeconds = 0.25;
constexpr double kTransfersPerBox = 2.0;
constexpr double kStepsPerBox = 200.0;
constexpr double kSmoothing = 0.3;
// A box of nought would be none; times come from other ranks, and one of them may be absurd.
constexpr double kBoxSecondsMin = 1e-6;
constexpr double kBoxSecondsMax = 3600.0;

/// Samples per second; 0: not measured yet.
double rate(const Peer& peer) {
  const Report& report = peer.last_report;
  return report.work_seconds() > 0.0 ? static_cast<double>(report.samples) / report.work_seconds()
                                     : 0.0;
}

/// The workers that train: all those without a known rate, and of the others the fastest, until
/// together they have `share` of the samples per second.
std::vector<Rank> contributors(const Roster& roster, double share) {
  std::vector<Rank> chosen;
  std::vector<std::pair<double, Rank>> known;
  double total = 0.0;
  for (const Peer& peer : roster.peers()) {
    if (!peer.is_live()) {
      continue;
    }
    if (rate(peer) > 0.0) {
      known.emplace_back(rate(peer), peer.rank);
      total += rate(peer);
    } else {
      chosen.push_back(peer.rank);
    }
  }
  std::stable_sort(known.begin(), known.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  double sum = 0.0;
  for (const auto& [samples_per_second, rank] : known) {
    if (share > 0.0 && sum >= share * total) {
      break;
    }
    chosen.push_back(rank);
    sum += samples_per_second;
  }
  return chosen;
}

bool is_stale(const Peer& peer, Version version) {
  return peer.pending && peer.pending->base.next() < version;
}

}  // namespace

Duration TimeBox::box() const {
  return seconds(config_.box_seconds > 0.0 ? config_.box_seconds
                                           : measured_seconds_.value_or(kFirstBoxSeconds));
}

RoundPlan TimeBox::first_plan(Instant now) {
  if (!opened_at_) {
    opened_at_ = now;
  }
  const double left = (*opened_at_ + box() - now).count();
  return {.box_seconds = std::max(left, kBoxSecondsMin)};
}

ReleaseDecision TimeBox::decide(const Roster& roster, Version version, Instant now) {
  ReleaseDecision decision;
  bool is_awaited = false;  // somebody trains on the present version
  bool has_updates = false;
  bool has_waiting = false;
  for (const Peer& peer : roster.peers()) {
    const bool is_too_old = is_stale(peer, version);
    if (is_too_old) {
      decision.drop.push_back(peer.rank);
    }
    if (is_too_old && peer.is_waiting()) {
      decision.release.push_back({peer.rank, first_plan(now)});
    } else {
      has_waiting = has_waiting || peer.is_waiting();
      has_updates = has_updates || peer.pending;
    }
    is_awaited = is_awaited || (peer.state == PeerState::Computing && peer.pulled == version);
  }
  const bool is_over =
      opened_at_ && now >= *opened_at_ + (1.0 + config_.grace) * box() + seconds(transfer_seconds_);
  if (!decision.release.empty() || !has_waiting || (is_awaited && !(is_over && has_updates))) {
    return decision;
  }
  decision.merge = true;
  measure(roster);
  opened_at_ = now;
  const std::vector<Rank> chosen = contributors(roster, config_.contribution_cut);
  for (const Peer& peer : roster.peers()) {
    const bool trains = std::find(chosen.begin(), chosen.end(), peer.rank) != chosen.end();
    if (peer.is_waiting() && trains) {
      decision.release.push_back({peer.rank, {.box_seconds = box().count()}});
    }
  }
  return decision;
}

void TimeBox::measure(const Roster& roster) {
  std::vector<double> transfers;
  double step = std::numeric_limits<double>::infinity();
  for (const Peer& peer : roster.peers()) {
    if (!peer.is_waiting() || !peer.pending) {
      continue;
    }
    const Report& report = peer.last_report;
    const double away = (peer.reported_at - peer.released_at).count();
    transfers.push_back(std::max(away - report.round_seconds, 0.0));
    step = std::min(step, report.work_seconds() / report.steps);
  }
  if (transfers.empty()) {
    return;
  }
  const auto middle = transfers.begin() + static_cast<std::ptrdiff_t>(transfers.size() / 2);
  std::nth_element(transfers.begin(), middle, transfers.end());
  transfer_seconds_ = std::min(*middle, kBoxSecondsMax);
  const double wanted = std::clamp(std::max(kTransfersPerBox * *middle, kStepsPerBox * step),
                                   kBoxSecondsMin, kBoxSecondsMax);
  measured_seconds_ =
      measured_seconds_ ? (1.0 - kSmoothing) * *measured_seconds_ + kSmoothing * wanted : wanted;
}

void TimeBox::save(StateWriter& state) const {
  state& opened_at_& measured_seconds_& transfer_seconds_;
}

void TimeBox::load(StateReader& state) {
  state& opened_at_& measured_seconds_& transfer_seconds_;
  const auto is_time = [](double value) { return value >= 0.0 && value <= kBoxSecondsMax; };
  StateReader::expect(is_time(measured_seconds_.value_or(0.0)) && is_time(transfer_seconds_),
                      "times of boxes and transfers that are possible");
}

}  // namespace hermes::protocol
