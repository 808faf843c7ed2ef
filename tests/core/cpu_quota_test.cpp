#include "hermes/core/cpu_quota.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace hermes {
namespace {

namespace fs = std::filesystem;

/// A tree that looks like /proc and /sys.
class CpuQuotaTest : public testing::Test {
 protected:
  ~CpuQuotaTest() override { fs::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    const fs::path path = root_ / file;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  fs::path root_ = fs::temp_directory_path() / ("hermes-cpu-quota-" + std::to_string(::getpid()));
};

TEST_F(CpuQuotaTest, without_control_groups_there_is_none) {
  EXPECT_EQ(cpu_quota(root_), std::nullopt);
  write("proc/self/cgroup", "0::/\n");
  EXPECT_EQ(cpu_quota(root_), std::nullopt);
}

TEST_F(CpuQuotaTest, version_2_tells_quota_and_period) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(cpu_quota(root_), 1.5);
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(cpu_quota(root_), std::nullopt);
}

TEST_F(CpuQuotaTest, version_1_tells_them_in_two_files) {
  write("proc/self/cgroup", "5:cpuset:/x\n4:memory:/y\n3:cpu,cpuacct:/job\n");
  write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "200000\n");
  write("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "50000\n");
  EXPECT_EQ(cpu_quota(root_), 4);
  write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(cpu_quota(root_), std::nullopt);
}

TEST_F(CpuQuotaTest, the_tightest_of_the_groups_around_counts) {
  write("proc/self/cgroup", "0::/outer/inner\n");
  write("sys/fs/cgroup/outer/inner/cpu.max", "max 100000\n");
  write("sys/fs/cgroup/outer/cpu.max", "300000 100000\n");
  EXPECT_EQ(cpu_quota(root_), 3);
  write("sys/fs/cgroup/outer/inner/cpu.max", "200000 100000\n");
  EXPECT_EQ(cpu_quota(root_), 2);
}

TEST_F(CpuQuotaTest, the_path_outside_of_a_container_is_no_obstacle) {
  write("proc/self/cgroup", "1:name=systemd:/docker/1f\n0::/docker/1f\n");
  write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(cpu_quota(root_), 2);
}

}  // namespace
}  // namespace hermes
