#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "hermes/protocol/server.hpp"
#include "protocol/parameters.hpp"

namespace hermes::protocol {

inline ServerConfig server_config(std::uint32_t workers) {
  ServerConfig config;
  config.workers = workers;
  config.program_version = "test";
  config.traits = {{"table [train]", 7}, {"data set", 8}};
  config.stop.patience = 0;
  config.partition.train_rows = 1000;
  config.partition.workers = workers;
  return config;
}

inline Join join_message() {
  return Join{.program_version = "test",
              .trait_hashes = {7, 8},
              .parameter_count = 2,
              .memory_budget = 100};
}

/// A server with a model of two parameters, fed by hand. Remembers the effects of the last step and
/// the last release of each worker.
class ServerDriver {
 public:
  ServerDriver(const StrategyConfig& strategy, const ServerConfig& config)
      : ServerDriver(
            make_strategy(strategy,
                          {.allocation = StaticAllocationConfig{.rows = 50, .minibatch = 4}}),
            config) {}
  ServerDriver(Strategy strategy, const ServerConfig& config)
      : server_(config, std::move(strategy), shared({1.0F, -1.0F})),
        releases_(config.workers),
        rounds_(config.workers) {}

  void step(const ServerEvent& event, double now) {
    effects_ = server_.step(event, at_seconds(now));
    for (const ServerEffect& effect : effects_) {
      if (const auto* tell = std::get_if<TellWorker>(&effect)) {
        if (const auto* release = std::get_if<Release>(&tell->message.body)) {
          releases_.at(index(tell->to)) = *release;
        }
      }
    }
  }
  void resume(std::span<const std::byte> state) { server_.resume(state); }
  void tick(double now) { step(Ticked{}, now); }
  void say(int rank, MessageBody body, double now, SharedParameters payload = {}) {
    step(WorkerSaid{Rank{rank}, Message{std::move(body), std::move(payload)}}, now);
  }
  void join(int rank, double now = 0.0) { say(rank, join_message(), now); }
  void join_all(double now = 0.0) {
    for (std::size_t i = 1; i <= releases_.size(); ++i) {
      join(static_cast<int>(i), now);
    }
  }
  /// Ticks every half second from `from` to `to`; all these workers say a heartbeat each time.
  void idle(double from, double to, const std::vector<int>& alive) {
    for (double now = from; now <= to; now += 0.5) {
      for (const int rank : alive) {
        say(rank, Heartbeat{}, now);
      }
      tick(now);
    }
  }

  /// The report that a proper worker sends after a round under its last release.
  Report next_report(int rank, ReportKind kind = ReportKind::Push) {
    const Release& release = last_release(rank);
    Report report;
    report.kind = kind;
    report.payload = kind == ReportKind::Push ? payload_kind : PayloadKind::None;
    report.ticket = release.ticket;
    report.round = Round{++rounds_.at(index(Rank{rank}))};
    report.base = release.version;
    report.steps = 1;
    report.samples = 10;
    report.push_samples = 10;
    report.validation_loss = 1.0;
    return report;
  }
  void push(int rank, std::vector<float> values, double now) {
    say(rank, next_report(rank), now, shared(std::move(values)));
  }

  template <class Body>
  std::optional<Body> told(int rank) const {
    for (const ServerEffect& effect : effects_) {
      const auto* tell = std::get_if<TellWorker>(&effect);
      if (tell != nullptr && tell->to == Rank{rank}) {
        if (const auto* body = std::get_if<Body>(&tell->message.body)) {
          return *body;
        }
      }
    }
    return std::nullopt;
  }
  template <class R>
  std::vector<R> noted() const {
    std::vector<R> records;
    for (const ServerEffect& effect : effects_) {
      if (const auto* note = std::get_if<Note>(&effect)) {
        if (const auto* record = std::get_if<R>(&note->record)) {
          records.push_back(*record);
        }
      }
    }
    return records;
  }
  template <class E>
  std::vector<E> effects_of() const {
    std::vector<E> found;
    for (const ServerEffect& effect : effects_) {
      if (const auto* concrete = std::get_if<E>(&effect)) {
        found.push_back(*concrete);
      }
    }
    return found;
  }
  /// Why the last step rejected something; nothing when it did not.
  std::optional<RejectReason> rejected() const {
    const std::vector<ReportRejected> records = noted<ReportRejected>();
    return records.empty() ? std::nullopt : std::optional(records.front().reason);
  }

  const Release& last_release(int rank) const { return releases_.at(index(Rank{rank})); }
  const Peer& peer(int rank) const { return server_.roster().at(Rank{rank}); }
  const Server& server() const { return server_; }
  const std::vector<ServerEffect>& effects() const { return effects_; }
  std::vector<float> global() const {
    const std::span<const float> values = server_.global().values();
    return {values.begin(), values.end()};
  }

  PayloadKind payload_kind = PayloadKind::Parameters;

 private:
  static std::size_t index(Rank rank) { return static_cast<std::size_t>(rank.value) - 1; }

  Server server_;
  std::vector<Release> releases_;
  std::vector<std::uint64_t> rounds_;
  std::vector<ServerEffect> effects_;
};

}  // namespace hermes::protocol
