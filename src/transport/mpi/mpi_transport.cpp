#include "hermes/transport/mpi_transport.hpp"

#include <mpi.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "hermes/core/assert.hpp"
#include "hermes/transport/simulator.hpp"
#include "transport/mpi/inbox.hpp"
#include "transport/mpi/outbox.hpp"

namespace hermes::transport {

namespace {

constexpr Duration kSleepMin = seconds(10e-6);
constexpr Duration kSleepMax = seconds(1e-3);
/// A poll looks at all open requests: for every so many the first sleep is longer by kSleepMin.
constexpr std::size_t kRequestsPerSleep = 64;
constexpr double kSleepGrowth = 1.25;  // an answer waits for a quarter of what it took, at most

/// Linux wakes a sleeper up to 50 us late unless told otherwise: several times as long as a small
/// message takes.
void sleep_precisely() {
#ifdef __linux__
  constexpr unsigned long kNanoseconds = 1000;
  prctl(PR_SET_TIMERSLACK, kNanoseconds);
#endif
}

/// usleep and not the standard library: under SimGrid it is the one that sleeps in virtual time.
void sleep_for(Duration duration) {
  usleep(static_cast<useconds_t>(std::max(1.0, duration.count() * 1e6)));
}

}  // namespace

class MpiTransport::State {
 public:
  State(MpiEnvironment& mpi, const TransportLimits& limits)
      : environment(mpi),
        start_seconds(MPI_Wtime()),
        inbox(mpi.rank_count(), limits),
        outbox(mpi.rank_count(), limits),
        traffic(static_cast<std::size_t>(mpi.rank_count())),
        lost(traffic.size()) {}

  std::size_t index(Rank rank) const {
    HERMES_ASSERT(rank.value >= 0 && rank.value < environment.rank_count(), "no such rank");
    return static_cast<std::size_t>(rank.value);
  }
  Instant now() const { return at_seconds(MPI_Wtime() - start_seconds) + owed_time.owed(); }
  void poll() {
    outbox.poll();
    inbox.poll();
  }
  /// How long to sleep between the first polls after something happened.
  Duration first_sleep() const {
    const std::size_t open = inbox.open_requests() + outbox.open_requests();
    const std::size_t factor = 1 + open / kRequestsPerSleep;
    return std::min(kSleepMin * static_cast<double>(factor), kSleepMax);
  }
  /// Polls, with longer and longer sleeps, until `done` or the deadline.
  template <class Done>
  bool poll_until(Done done, Instant deadline, Duration& sleep) {
    owed_time.pass();
    for (poll(); !done(); poll()) {
      const Duration left = deadline - now();
      if (left <= Duration::zero()) {
        return false;
      }
      sleep_for(std::min(sleep, left));
      sleep = std::min(kSleepGrowth * sleep, kSleepMax);
    }
    return true;
  }

  MpiEnvironment& environment;
  bool is_simulated = simulated_rank().has_value();
  double start_seconds;
  OwedTime owed_time;
  Inbox inbox;
  Outbox outbox;
  std::vector<Traffic> traffic;
  Duration idle_sleep = kSleepMin;  // grows until a frame comes or goes
  std::vector<bool> lost;           // abandoned and not heard of since
};

MpiTransport::MpiTransport(MpiEnvironment& environment, const TransportLimits& limits) {
  to_count(limits.header_bytes_max + sizeof(Prelude), "header limit");
  to_count(limits.payload_bytes_max, "payload limit");
  sleep_precisely();
  state_ = std::make_unique<State>(environment, limits);
}

MpiTransport::~MpiTransport() {
  bool clean = false;
  try {
    state_->outbox.poll();
    clean = state_->inbox.close() && state_->outbox.empty();
  } catch (const std::exception&) {
    // Not clean; what failed was or will be reported by a call that needs it.
  }
  const std::vector<bool>& lost = state_->lost;
  if (!clean || std::find(lost.begin(), lost.end(), true) != lost.end()) {
    state_->environment.forbid_finalize();
  }
  if (!clean) {
    // MPI may still read or write this memory, so nobody may ever free it.
    static_cast<void>(state_.release());
  }
}

Rank MpiTransport::rank() const {
  return state_->environment.rank();
}

std::int32_t MpiTransport::rank_count() const {
  return state_->environment.rank_count();
}

Instant MpiTransport::now() const {
  return state_->now();
}

bool MpiTransport::send(Rank to, Frame frame) {
  Traffic& traffic = state_->traffic[state_->index(to)];
  const std::size_t bytes = frame.header.size() + frame.payload.bytes.size();
  // Let MPI see first whether the peer has just died: over TCP, Open MPI 4.1 ends the process that
  // writes to a connection which it does not yet know to be closed.
  state_->owed_time.pass();
  state_->poll();
  if (!state_->outbox.send(to, std::move(frame))) {
    return false;
  }
  state_->idle_sleep = state_->first_sleep();
  ++traffic.frames_sent;
  traffic.bytes_sent += bytes;
  return true;
}

std::optional<Received> MpiTransport::receive() {
  // While frames are waiting no more are asked for.
  if (!state_->inbox.ready()) {
    state_->poll();
  }
  std::optional<Received> received = state_->inbox.next();
  if (received) {
    state_->idle_sleep = state_->first_sleep();
    const std::size_t peer = state_->index(received->from);
    state_->lost[peer] = false;
    Traffic& traffic = state_->traffic[peer];
    if (received->malformed) {
      ++traffic.malformed_received;
    } else {
      ++traffic.frames_received;
      traffic.bytes_received +=
          received->frame.header.size() + received->frame.payload.bytes.size();
    }
  }
  return received;
}

void MpiTransport::wait(Duration at_most) {
  if (!state_->inbox.ready()) {
    state_->poll_until([this] { return state_->inbox.ready(); }, state_->now() + at_most,
                       state_->idle_sleep);
  }
}

void MpiTransport::wait_for_frame(Duration about) {
  if (!state_->is_simulated) {
    wait(about);
    return;
  }
  // Every look at the time costs a turn of the simulator, and looking late changes what happens.
  state_->owed_time.pass();
  while (!state_->inbox.ready()) {
    state_->inbox.wait();
  }
}

void MpiTransport::compute(double flops) {
  state_->owed_time.add(flops);
}

std::size_t MpiTransport::pending_sends(Rank to) const {
  return state_->outbox.pending(Rank{static_cast<std::int32_t>(state_->index(to))});
}

bool MpiTransport::flush(Instant deadline) {
  // Receives too: two ranks that flush towards each other each wait for the other's receive.
  Duration sleep = kSleepMin;
  return state_->poll_until([this] { return state_->outbox.flushed(); }, deadline, sleep);
}

void MpiTransport::abandon(Rank peer) {
  state_->lost[state_->index(peer)] = true;
  state_->outbox.abandon(peer);
}

const Traffic& MpiTransport::traffic(Rank peer) const {
  return state_->traffic[state_->index(peer)];
}

}  // namespace hermes::transport
