#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "fixtures.hpp"

namespace hermes::doctor {
namespace {

struct Case {
  std::string what;
  std::function<void(RankFacts&)> ill;
  std::string subject;
  Severity severity;
  std::string advice;  ///< a part of it
};

const std::vector<Case>& cases_of_the_job() {
  static const std::vector<Case> all = {
      {"another MPI library", [](RankFacts& f) { f.mpi.running = "Open MPI v5.0.1"; },
       "MPI library", Severity::Wrong, "build again"},
      {"each rank a job of its own",
       [](RankFacts& f) {
         f.ranks = 1;
         f.ranks_asked = 4;
       },
       "launcher", Severity::Wrong, "mpirun of the MPI library"},
      {"no mpirun, alone", [](RankFacts& f) { f.mpirun.clear(); }, "launcher", Severity::Slow,
       "PATH"},
      {"no mpirun under srun",
       [](RankFacts& f) {
         f.mpirun.clear();
         f.ranks = 4;
         f.ranks_asked = 4;
       },
       "launcher", Severity::Fine, ""},
      {"another mpirun that did not start the job",
       [](RankFacts& f) {
         f.mpirun = "mpirun (Open MPI) 5.0.1";
         f.srun = "slurm 22.05.8";
         f.ranks = 4;
         f.ranks_asked = 4;
       },
       "launcher", Severity::Fine, ""},
      {"another mpirun", [](RankFacts& f) { f.mpirun = "mpirun (Open MPI) 5.0.1"; }, "launcher",
       Severity::Wrong, "first in PATH"},
      {"no threads", [](RankFacts& f) { f.has_threads = false; }, "MPI threads", Severity::Slow,
       "thread support"},
      {"a network that is not there",
       [](RankFacts& f) {
         f.transport = "OMPI_MCA_btl_tcp_if_include=eth0,eth7";
         f.missing_interface = "eth7";
       },
       "transport", Severity::Wrong, "take eth7 out"},
      {"fewer ranks than Slurm has tasks",
       [](RankFacts& f) {
         f.slurm_job = "7";
         f.slurm_tasks = 8;
         f.ranks = 4;
       },
       "Slurm", Severity::Slow, "mpirun -np 8"},
      {"as many ranks as Slurm has tasks",
       [](RankFacts& f) {
         f.slurm_job = "7";
         f.slurm_tasks = 4;
         f.ranks = 4;
       },
       "Slurm", Severity::Fine, ""},
  };
  return all;
}

const std::vector<Case>& cases_of_the_cores() {
  static const std::vector<Case> all = {
      {"more ranks than cores",
       [](RankFacts& f) {
         f.ranks_on_host = 5;
         f.sharing_cores = 5;
       },
       "cores", Severity::Slow, "fewer ranks"},
      {"all ranks bound to one core",
       [](RankFacts& f) {
         f.own_cores = 1;
         f.ranks_on_host = 4;
         f.sharing_cores = 4;
       },
       "cores", Severity::Slow, "--bind-to none"},
      {"two ranks, one core of four each",
       [](RankFacts& f) {
         f.own_cores = 1;
         f.ranks_on_host = 2;
       },
       "cores", Severity::Slow, "PE=2"},
      {"three ranks, one core of four each",
       [](RankFacts& f) {
         f.own_cores = 1;
         f.ranks_on_host = 3;
       },
       "cores", Severity::Fine, ""},
      {"four ranks share four cores",
       [](RankFacts& f) {
         f.ranks_on_host = 4;
         f.sharing_cores = 4;
       },
       "cores", Severity::Fine, ""},
      {"eight ranks, two cores by the quota",
       [](RankFacts& f) {
         f.quota_cores = 2;
         f.host_cores = f.own_cores = 16;
         f.ranks_on_host = f.sharing_cores = 8;
       },
       "cores", Severity::Slow, "raise the quota"},
      {"two ranks with a core each, one and a half by the quota",
       [](RankFacts& f) {
         f.quota_cores = 1.5;
         f.own_cores = 1;
         f.ranks_on_host = 2;
       },
       "cores", Severity::Slow, "raise the quota"},
      {"two ranks with a core each, two by the quota",
       [](RankFacts& f) {
         f.quota_cores = 2;
         f.own_cores = 1;
         f.ranks_on_host = 2;
       },
       "cores", Severity::Fine, ""},
      {"two ranks, one core of eight by the quota each",
       [](RankFacts& f) {
         f.quota_cores = 8;
         f.host_cores = 16;
         f.own_cores = 1;
         f.ranks_on_host = 2;
       },
       "cores", Severity::Slow, "PE=4"},
      {"a quota of more cores than there are", [](RankFacts& f) { f.quota_cores = 1e12; }, "cores",
       Severity::Fine, ""},
  };
  return all;
}

const std::vector<Case>& cases_of_the_machine() {
  static const std::vector<Case> all = {
      {"old kernels", [](RankFacts& f) { f.better_core = "Haswell"; }, "OpenBLAS", Severity::Slow,
       "export OPENBLAS_CORETYPE=Haswell"},
      {"old kernels by wish",
       [](RankFacts& f) {
         f.better_core = "Haswell";
         f.asked_core = "Prescott";
       },
       "OpenBLAS", Severity::Slow, "unset OPENBLAS_CORETYPE"},
      {"too many threads",
       [](RankFacts& f) {
         f.blas_threads = 4;
         f.sharing_cores = 2;
         f.ranks_on_host = 2;
       },
       "OpenBLAS", Severity::Slow, "unset OPENBLAS_NUM_THREADS"},
      {"more threads than the quota has cores",
       [](RankFacts& f) {
         f.blas_threads = 4;
         f.quota_cores = 2.5;
       },
       "OpenBLAS", Severity::Slow, "export OPENBLAS_NUM_THREADS=2"},
      {"another HDF5", [](RankFacts& f) { f.hdf5.running = "1.14.0"; }, "HDF5 library",
       Severity::Wrong, "build again"},
      {"another patch of HDF5", [](RankFacts& f) { f.hdf5.running = "1.10.9"; }, "HDF5 library",
       Severity::Fine, ""},
      {"64 MiB of memory", [](RankFacts& f) { f.memory = std::uint64_t{64} << 20U; }, "memory",
       Severity::Wrong, "raise that limit"},
      {"no limit of memory", [](RankFacts& f) { f.memory.reset(); }, "memory", Severity::Fine, ""},
      {"/dev/shm of 8 MiB", [](RankFacts& f) { f.shared_memory_free = std::uint64_t{8} << 20U; },
       "/dev/shm", Severity::Wrong, "--shm-size"},
      {"/dev/shm too small for 16 ranks", [](RankFacts& f) { f.ranks_on_host = 16; }, "/dev/shm",
       Severity::Wrong, "--shm-size"},
      {"no /dev/shm", [](RankFacts& f) { f.shared_memory_free.reset(); }, "/dev/shm",
       Severity::Slow, "btl self,tcp"},
      {"another directory", [](RankFacts& f) { f.sees_directory = false; }, "shared files",
       Severity::Wrong, "shared file system"},
  };
  return all;
}

TEST(ExamineTest, a_healthy_rank_has_no_finding_worse_than_fine) {
  for (const Finding& finding : examine(healthy_rank())) {
    EXPECT_EQ(finding.severity, Severity::Fine) << finding.subject << ": " << finding.found;
    EXPECT_TRUE(finding.expected.empty()) << finding.subject;
    EXPECT_TRUE(finding.advice.empty()) << finding.subject;
  }
}

TEST(ExamineTest, each_illness_is_told_with_what_to_do) {
  for (const auto& cases : {cases_of_the_job(), cases_of_the_cores(), cases_of_the_machine()}) {
    for (const Case& one : cases) {
      SCOPED_TRACE(one.what);
      RankFacts facts = healthy_rank();
      one.ill(facts);
      const Finding finding = finding_of(facts, one.subject);
      EXPECT_EQ(finding.severity, one.severity) << finding.found;
      EXPECT_NE(finding.advice.find(one.advice), std::string::npos) << finding.advice;
      EXPECT_EQ(finding.advice.empty(), one.severity == Severity::Fine);
      EXPECT_EQ(finding.expected.empty(), one.severity == Severity::Fine);
    }
  }
}

TEST(ExamineTest, cores_are_those_of_the_quota_where_it_leaves_less) {
  RankFacts facts = healthy_rank();
  EXPECT_EQ(finding_of(facts, "cores").found, "1 rank on 4 cores of 4");
  facts.quota_cores = 4;
  EXPECT_EQ(finding_of(facts, "cores").found, "1 rank on 4 cores of 4");
  facts.quota_cores = 2.5;
  EXPECT_EQ(finding_of(facts, "cores").found, "1 rank on 2.5 cores of 4 by the cgroup's quota");
}

TEST(ExamineTest, an_illness_of_one_subject_is_not_told_of_another) {
  RankFacts facts = healthy_rank();
  facts.better_core = "Haswell";
  const std::vector<Finding> healthy = examine(healthy_rank());
  const std::vector<Finding> ill = examine(facts);
  ASSERT_EQ(healthy.size(), ill.size());
  for (std::size_t i = 0; i < ill.size(); ++i) {
    EXPECT_EQ(ill[i].subject, healthy[i].subject);
    EXPECT_EQ(ill[i] == healthy[i], ill[i].subject != "OpenBLAS") << ill[i].subject;
  }
}

}  // namespace
}  // namespace hermes::doctor
