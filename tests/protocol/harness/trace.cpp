#include "protocol/harness/trace.hpp"

#include <bit>
#include <type_traits>
#include <variant>

namespace hermes::protocol::harness {

void Trace::word(std::uint64_t value) {
  hash_ = (hash_ ^ value) * 1099511628211ULL;
  hash_ ^= hash_ >> 32;
}

void Trace::real(double value) {
  word(std::bit_cast<std::uint64_t>(value));
}

void Trace::text(std::string_view value) {
  for (const char c : value) {
    word(static_cast<unsigned char>(c));
  }
}

void Trace::values(std::span<const float> values) {
  word(values.size());
  for (const float value : values) {
    word(std::bit_cast<std::uint32_t>(value));
  }
}

void Trace::report(const Report& report) {
  word(static_cast<std::uint64_t>(report.kind));
  word(static_cast<std::uint64_t>(report.payload));
  word(report.vote ? 1 : 0);
  word(report.ticket.value);
  word(report.round.value);
  word(report.base.value);
  word(report.push_samples);
  real(report.validation_loss);
  real(report.gate.z);
  real(report.gate.threshold);
}

void Trace::body(const MessageBody& body) {
  word(body.index());
  if (const auto* report = std::get_if<Report>(&body)) {
    this->report(*report);
  } else if (const auto* release = std::get_if<Release>(&body)) {
    word(release->ticket.value);
    word(release->version.value);
    word(static_cast<std::uint64_t>(release->model));
    word(release->assignment.generation);
    word(release->assignment.order_seed);
    word(release->plan.rounds);
    real(release->plan.box_seconds);
  } else if (const auto* stop = std::get_if<Stop>(&body)) {
    word(static_cast<std::uint64_t>(stop->reason));
    text(stop->detail);
  } else if (const auto* leave = std::get_if<Leave>(&body)) {
    word(static_cast<std::uint64_t>(leave->reason));
    word(leave->totals.rounds);
    real(leave->totals.wait_seconds);
  }
}

void Trace::message(const Message& message) {
  body(message.body);
  values(message.payload.values());
}

void Trace::add(const ServerStep& step) {
  word(0);
  real(step.now.time_since_epoch().count());
  word(step.event.index());
  if (const auto* said = std::get_if<WorkerSaid>(&step.event)) {
    word(static_cast<std::uint64_t>(said->from.value));
    message(said->message);
  }
  for (const ServerEffect& effect : step.effects) {
    word(effect.index());
    if (const auto* tell = std::get_if<TellWorker>(&effect)) {
      word(static_cast<std::uint64_t>(tell->to.value));
      message(tell->message);
    } else if (const auto* evaluate = std::get_if<Evaluate>(&effect)) {
      word(evaluate->version.value);
      values(evaluate->parameters.values());
    } else if (const auto* measure = std::get_if<MeasureUpdate>(&effect)) {
      word(measure->ticket.value);
      values(measure->parameters.values());
    } else if (const auto* best = std::get_if<KeepBest>(&effect)) {
      word(best->version.value);
      real(best->loss);
    } else if (const auto* note = std::get_if<Note>(&effect)) {
      word(note->record.index());
    }
  }
}

void Trace::add(const WorkerStep& step) {
  word(static_cast<std::uint64_t>(step.rank.value));
  real(step.now.time_since_epoch().count());
  word(step.event.index());
  for (const WorkerEffect& effect : step.effects) {
    word(effect.index());
    if (const auto* tell = std::get_if<TellServer>(&effect)) {
      body(tell->body);
    } else if (const auto* adopt = std::get_if<AdoptModel>(&effect)) {
      values(adopt->parameters.values());
    }
  }
}

}  // namespace hermes::protocol::harness
