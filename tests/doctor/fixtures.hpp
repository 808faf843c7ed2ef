#pragma once

#include <algorithm>
#include <string>

#include "hermes/doctor/finding.hpp"

namespace hermes::doctor {

/// A rank where all is well.
inline RankFacts healthy_rank() {
  RankFacts facts;
  facts.mpi = {"Open MPI v4.1.4", "Open MPI v4.1.4"};
  facts.mpirun = "mpirun (Open MPI) 4.1.4";
  facts.has_threads = true;
  facts.host_cores = 4;
  facts.own_cores = 4;
  facts.blas_core = "SkylakeX";
  facts.vector_kernels = "avx512";
  facts.hdf5 = {"1.10.8", "1.10.8"};
  facts.memory = std::uint64_t{2} << 30U;
  facts.memory_source = "cgroup";
  facts.shared_memory_free = std::uint64_t{64} << 20U;
  facts.directory = "/data/run";
  return facts;
}

/// What is said of one subject; a finding without subject when nothing is.
inline Finding finding_of(const RankFacts& facts, const std::string& subject) {
  const std::vector<Finding> all = examine(facts);
  const auto found = std::ranges::find(all, subject, &Finding::subject);
  return found == all.end() ? Finding{} : *found;
}

}  // namespace hermes::doctor
