#include "hermes/session/neighbours.hpp"

#include "hermes/data/memory_budget.hpp"
#include "hermes/session/blas_choice.hpp"

namespace hermes::session {

Neighbours find_neighbours() {
  Neighbours found;
  found.ranks = transport::MpiEnvironment::gather_on_host(data::cgroup_ids());
  const OwnCores cores = own_cores();
  found.threads = blas_threads(cores, transport::MpiEnvironment::gather_on_host({&cores.id, 1}));
  return found;
}

}  // namespace hermes::session
