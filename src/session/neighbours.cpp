#include "hermes/session/neighbours.hpp"

#include <algorithm>

#include "hermes/data/memory_budget.hpp"
#include "hermes/session/blas_choice.hpp"

namespace hermes::session {

Neighbours find_neighbours() {
  Neighbours found;
  found.ranks = transport::MpiEnvironment::gather_on_host(data::cgroup_ids());
  const OwnCores cores = own_cores();
  const transport::HostRanks ranks = transport::MpiEnvironment::gather_on_host({&cores.id, 1});
  found.threads =
      blas_threads(cores, static_cast<std::uint32_t>(std::ranges::count(ranks.values, cores.id)));
  return found;
}

}  // namespace hermes::session
