#include "hermes/transport/simulator.hpp"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "hermes/core/assert.hpp"

// The simulator's own functions, from its library. They are not there under any other MPI: one
// source serves both.
extern "C" {
[[gnu::weak]] void smpi_execute_flops(double flops);
[[gnu::weak]] void* sg_actor_self();
[[gnu::weak]] void* sg_host_self();
[[gnu::weak]] double sg_host_get_speed(const void* host);
[[gnu::weak]] const char* sg_actor_get_property_value(const void* actor, const char* name);
}

namespace hermes::transport {

std::optional<Rank> simulated_rank() {
  if (sg_actor_self == nullptr || sg_actor_get_property_value == nullptr) {
    return std::nullopt;
  }
  const char* rank = sg_actor_get_property_value(sg_actor_self(), "rank");
  return rank == nullptr ? std::nullopt : std::optional(Rank{std::atoi(rank)});
}

void simulate_compute(double flops) {
  if (smpi_execute_flops != nullptr && flops > 0.0) {
    smpi_execute_flops(flops);
  }
}

void OwedTime::add(double flops) {
  constexpr Duration kSavedUp = seconds(0.005);  // far less than any message takes
  if (sg_host_self == nullptr || sg_host_get_speed == nullptr) {
    return;
  }
  flops_per_second_ = sg_host_get_speed(sg_host_self());
  owed_flops_ += flops;
  if (owed() >= kSavedUp) {
    pass();
  }
}

void OwedTime::pass() {
  if (owed_flops_ > 0.0) {
    simulate_compute(std::exchange(owed_flops_, 0.0));
  }
}

LocalTime simulated_time() {
  HERMES_ASSERT(simulated_rank().has_value(), "simulated time on a real machine");
  return {.now = [start = MPI_Wtime()] { return at_seconds(MPI_Wtime() - start); },
          // usleep and not the standard library: it is the one that sleeps in virtual time.
          .pause =
              [](Duration duration) {
                usleep(static_cast<useconds_t>(std::max(1.0, duration.count() * 1e6)));
              },
          .compute = simulate_compute};
}

}  // namespace hermes::transport
