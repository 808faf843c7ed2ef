#pragma once

#include <array>
#include <cstdint>

#include "protocol/harness/checker.hpp"

namespace hermes::protocol::harness {

/// How often the things happened that a simulation is made to bring about. Summed over all seeds
/// it shows that the faults were really there.
class Tally : public Checker {
 public:
  using Checker::after;
  void after(const ServerStep& step, Verdict& /*verdict*/) override {
    for_each_note<WorkerLost>(step.effects, [this](const auto&) { ++lost; });
    for_each_note<WorkerReturned>(step.effects, [this](const auto&) { ++returned; });
    for_each_note<WorkerRefused>(step.effects, [this](const auto&) { ++refused; });
    for_each_note<Merged>(step.effects, [this](const auto&) { ++merges; });
    for_each_note<AssignmentChanged>(step.effects, [this](const AssignmentChanged& changed) {
      resized += changed.assignment.generation > 1 ? 1 : 0;
    });
    for_each_note<Evaluation>(step.effects, [this](const auto&) { ++evaluations; });
    for_each_note<ReportAccepted>(step.effects, [this](const ReportAccepted& accepted) {
      ++reports.at(static_cast<std::size_t>(accepted.report.kind));
    });
    for_each_note<ReportRejected>(step.effects, [this](const ReportRejected& rejected) {
      ++rejections.at(static_cast<std::size_t>(rejected.reason));
    });
    for_each_note<Released>(step.effects, [this](const Released& released) {
      releases_without_model += released.with_model ? 0 : 1;
    });
  }

  Tally& operator+=(const Tally& other) {
    lost += other.lost;
    returned += other.returned;
    refused += other.refused;
    merges += other.merges;
    evaluations += other.evaluations;
    resized += other.resized;
    releases_without_model += other.releases_without_model;
    for (std::size_t i = 0; i < reports.size(); ++i) {
      reports[i] += other.reports[i];
    }
    for (std::size_t i = 0; i < rejections.size(); ++i) {
      rejections[i] += other.rejections[i];
    }
    return *this;
  }
  std::uint64_t reports_of(ReportKind kind) const {
    return reports.at(static_cast<std::size_t>(kind));
  }
  std::uint64_t rejections_for(RejectReason reason) const {
    return rejections.at(static_cast<std::size_t>(reason));
  }

  std::uint64_t lost = 0;
  std::uint64_t returned = 0;
  std::uint64_t refused = 0;
  std::uint64_t merges = 0;
  std::uint64_t evaluations = 0;
  std::uint64_t resized = 0;  ///< workers given another assignment than their first
  std::uint64_t releases_without_model = 0;
  std::array<std::uint64_t, 4> reports{};     ///< accepted, by ReportKind
  std::array<std::uint64_t, 5> rejections{};  ///< by RejectReason
};

}  // namespace hermes::protocol::harness
