#include "hermes/data/memory_budget.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "data/support.hpp"
#include "hermes/data/process_memory.hpp"

namespace hermes::data {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMiB = 1024 * 1024;

/// A tree that looks like /proc and /sys, and an environment.
class MemoryBudgetTest : public testing::Test {
 protected:
  MemoryBudgetTest() {
    around_.root = directory_ / "root";
    around_.fraction = 0.5;
  }

  void write(const std::string& file, const std::string& text) {
    const fs::path path = around_.root / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  void set(const std::string& name, const std::string& value) { variables_[name] = value; }

  MemoryBudget find() {
    around_.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    };
    return find_memory_budget(around_);
  }

  test::TemporaryDirectory directory_;
  MemorySurroundings around_;
  std::map<std::string, std::string> variables_;
};

TEST_F(MemoryBudgetTest, nothing_found_is_no_limit) {
  const MemoryBudget budget = find();
  EXPECT_TRUE(budget.limits.empty());
  EXPECT_EQ(budget.bytes(), 0U);
  EXPECT_EQ(budget.decisive(), nullptr);
}

TEST_F(MemoryBudgetTest, a_configured_budget_is_taken_as_said) {
  around_.configured = 100 * kMiB;
  around_.ranks_on_host = 4;
  const MemoryBudget budget = find();
  ASSERT_EQ(budget.limits.size(), 1U);
  EXPECT_EQ(budget.bytes(), 100 * kMiB);
  EXPECT_EQ(budget.decisive()->source, MemorySource::Configured);
}

TEST_F(MemoryBudgetTest, free_memory_is_shared_among_the_ranks_of_the_host) {
  write("proc/meminfo", "MemTotal:  9000 kB\nMemFree: 1 kB\nMemAvailable:    8000 kB\nX: 1 kB\n");
  around_.ranks_on_host = 4;
  EXPECT_EQ(find().bytes(), 8000U * 1024 / 4 / 2);
}

TEST_F(MemoryBudgetTest, the_tightest_group_around_the_process_counts) {
  write("proc/self/cgroup", "0::/job_7/step_0/task\n");
  write("sys/fs/cgroup/job_7/step_0/task/memory.max", "max\n");
  write("sys/fs/cgroup/job_7/step_0/memory.max", "629145600\n");  // 600 MiB
  write("sys/fs/cgroup/job_7/memory.max", "104857600\n");         // 100 MiB
  write("sys/fs/cgroup/job_8/memory.max", "1048576\n");           // somebody else's
  const MemoryBudget budget = find();
  ASSERT_EQ(budget.limits.size(), 1U);
  EXPECT_EQ(budget.limits[0].source, MemorySource::CgroupV2);
  EXPECT_EQ(budget.limits[0].where, (around_.root / "sys/fs/cgroup/job_7/memory.max").string());
  EXPECT_EQ(budget.bytes(), 50 * kMiB);
}

TEST_F(MemoryBudgetTest, version_1_and_its_way_to_say_no_limit) {
  write("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/slurm/job\n3:cpuset:/\n0::/\n");
  write("sys/fs/cgroup/memory/slurm/job/memory.limit_in_bytes", "9223372036854771712\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(find().bytes(), 0U);
  write("sys/fs/cgroup/memory/slurm/job/memory.limit_in_bytes", "10485760\n");
  EXPECT_EQ(find().bytes(), 5 * kMiB);
}

TEST_F(MemoryBudgetTest, a_container_shows_its_own_group_as_the_root) {
  write("proc/self/cgroup", "12:memory:/docker/0123abcd\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "20971520\n");
  EXPECT_EQ(find().bytes(), 10 * kMiB);
}

TEST_F(MemoryBudgetTest, hybrid_hierarchies_keep_version_2_elsewhere) {
  write("proc/self/cgroup", "4:memory:/\n0::/user\n");
  write("sys/fs/cgroup/unified/user/memory.max", "20971520\n");
  EXPECT_EQ(find().bytes(), 10 * kMiB);
}

TEST_F(MemoryBudgetTest, only_ranks_inside_a_group_share_it) {
  write("proc/self/cgroup", "0::/job/task_1\n");
  write("sys/fs/cgroup/job/task_1/memory.max", "104857600\n");  // 100 MiB, for this rank alone
  write("sys/fs/cgroup/job/memory.max", "419430400\n");         // 400 MiB, for four
  around_.ranks_on_host = 8;
  const std::vector<std::uint64_t> own = cgroup_ids(around_.root);
  ASSERT_EQ(own.size(), 2U);
  EXPECT_NE(own[0], own[1]);
  around_.cgroups_on_host = {own[0], own[1], 1, own[1], 2, own[1], 3, own[1], 99, 99};
  const MemoryBudget budget = find();
  EXPECT_EQ(budget.limits[0].ranks, 1U);
  EXPECT_EQ(budget.bytes(), 50 * kMiB);
  around_.cgroups_on_host.push_back(own[1]);  // a fifth: 80 MiB each is less than 100
  EXPECT_EQ(find().limits[0].ranks, 5U);
  EXPECT_EQ(find().bytes(), 40 * kMiB);
}

TEST_F(MemoryBudgetTest, slurm_per_node_and_per_cpu) {
  set("SLURM_MEM_PER_NODE", "4000");
  around_.ranks_on_host = 4;
  EXPECT_EQ(find().bytes(), 500 * kMiB);
  set("SLURM_MEM_PER_NODE", "0");  // all that there is
  EXPECT_EQ(find().bytes(), 0U);
  set("SLURM_MEM_PER_CPU", "100");
  EXPECT_EQ(find().bytes(), 0U) << "of how many CPUs?";
  set("SLURM_CPUS_ON_NODE", "16");
  EXPECT_EQ(find().bytes(), 200 * kMiB);
}

TEST_F(MemoryBudgetTest, nonsense_in_the_environment_is_no_limit) {
  for (const char* text : {"", "many", "-5", "99999999999999999999"}) {
    set("SLURM_MEM_PER_NODE", text);
    EXPECT_EQ(find().bytes(), 0U) << text;
  }
}

TEST_F(MemoryBudgetTest, an_address_space_limit_counts_what_is_only_reserved) {
  const std::string head = "Limit          Soft Limit   Hard Limit   Units\n";
  write("proc/self/status", "VmPeak: 9 kB\nVmSize:\t   4096 kB\nVmRSS:\t 1024 kB\n");
  write("proc/self/limits", head + "Max address space         unlimited            unlimited\n");
  EXPECT_EQ(find().bytes(), 0U);
  write("proc/self/limits", head + "Max address space         13631488             unlimited\n");
  EXPECT_EQ(find().bytes(), 5 * kMiB) << "half of 13 MiB less 3 MiB";
  write("proc/self/limits", head + "Max address space         1048576              unlimited\n");
  EXPECT_EQ(find().bytes(), 1U) << "0 would be no limit";
}

TEST_F(MemoryBudgetTest, the_smallest_share_decides) {
  around_.configured = 60 * kMiB;
  around_.ranks_on_host = 2;
  write("proc/meminfo", "MemAvailable: 409600 kB\n");  // 400 MiB: 100 each
  set("SLURM_MEM_PER_NODE", "200");                    // 50 each
  const MemoryBudget budget = find();
  EXPECT_EQ(budget.limits.size(), 3U);
  EXPECT_EQ(budget.decisive()->source, MemorySource::SlurmPerNode);
  EXPECT_EQ(budget.bytes(), 50 * kMiB);
}

TEST(ProcessMemoryTest, tells_of_this_process) {
  const ProcessMemory now = process_memory();
  EXPECT_GT(now.resident, 100U * 1024);
  EXPECT_GE(now.peak_resident, now.resident);
  EXPECT_GE(now.mapped, now.resident);
  EXPECT_EQ(process_memory("/nowhere"), ProcessMemory{});
}

TEST(ProcessMemoryTest, cgroups_of_this_machine_are_stable) {
  EXPECT_EQ(cgroup_ids(), cgroup_ids());
}

}  // namespace
}  // namespace hermes::data
