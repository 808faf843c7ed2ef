#include "hermes/session/blas_choice.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <thread>

#include "hermes/core/cpu_quota.hpp"
#include "hermes/core/hash.hpp"
#include "hermes/core/simd.hpp"
#include "hermes/nn/blas.hpp"
#include "hermes/session/console.hpp"
#include "hermes/transport/simulator.hpp"

namespace hermes::session {
namespace {

constexpr const char* kCoreVariable = "OPENBLAS_CORETYPE";
/// What the program set that to, so that after the restart it can tell its choice from a user's.
constexpr const char* kChoiceVariable = "HERMES_BLAS_CORETYPE";

bool is_simulated() {
  return transport::simulated_rank().has_value();
}

/// Who chose the kernels that OpenBLAS has taken.
std::string chooser() {
  const std::string asked = environment(kCoreVariable).value_or("");
  if (asked.empty()) {
    return "chosen by OpenBLAS";
  }
  return asked == environment(kChoiceVariable) ? "chosen by Hermes"
                                               : "the user's OPENBLAS_CORETYPE=" + asked;
}

/// OpenBLAS looks at the first of these that is set.
bool has_user_set_threads() {
  return std::ranges::any_of(
      std::initializer_list<const char*>{"OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS",
                                         "OMP_NUM_THREADS"},
      [](const char* name) { return std::atoi(environment(name).value_or("").c_str()) > 0; });
}

}  // namespace

void restart_with_better_blas(char** argv) {
  const nn::BlasDescription found = nn::blas_description();
  const std::optional<std::string> better =
      nn::better_blas_core(found, supported_simd_targets().front(), environment(kCoreVariable));
  if (!better || is_simulated() || environment(kChoiceVariable)) {
    return;
  }
  ::setenv(kCoreVariable, better->c_str(), 1);
  ::setenv(kChoiceVariable, better->c_str(), 1);
  ::execv("/proc/self/exe", argv);
  const int why = errno;
  ::unsetenv(kCoreVariable);
  ::unsetenv(kChoiceVariable);
  if (is_spokesman()) {
    say("warning: OpenBLAS uses its kernels for " + found.core + "; set " + kCoreVariable + "=" +
        *better + " for faster ones (restart failed: " + std::strerror(why) + ")");
  }
}

std::uint32_t OwnCores::sharing(const transport::HostRanks& ranks) const {
  return static_cast<std::uint32_t>(
      std::max<std::ptrdiff_t>(1, std::ranges::count(ranks.values, id)));
}

OwnCores own_cores() {
  const std::optional<double> quota = cpu_quota();
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) {  // more processors than that holds
    return {std::max(1U, std::thread::hardware_concurrency()), 0, quota};
  }
  Fnv1a id;
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) {
      id.add(core);
    }
  }
  return {static_cast<std::uint32_t>(CPU_COUNT(&allowed)), id.value(), quota};
}

std::uint32_t blas_threads(const OwnCores& cores, const transport::HostRanks& ranks) {
  if (has_user_set_threads()) {
    return static_cast<std::uint32_t>(nn::blas_description().threads);
  }
  if (is_simulated()) {
    return 1;
  }
  const std::uint32_t bound = cores.count / cores.sharing(ranks);
  const double granted = cores.quota ? *cores.quota / static_cast<double>(ranks.count) : bound;
  return std::max(1U, std::min(bound, static_cast<std::uint32_t>(granted)));
}

std::string describe_kernels(std::uint32_t threads) {
  return "OpenBLAS kernels: " + nn::blas_description().core + " (" + chooser() + "), " +
         std::to_string(threads) + (threads == 1 ? " thread" : " threads") +
         "; vector kernels: " + std::string(to_string(simd_target()));
}

}  // namespace hermes::session
