#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "commands.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/simd.hpp"
#include "hermes/data/hdf5_version.hpp"
#include "hermes/data/memory_budget.hpp"
#include "hermes/doctor/finding.hpp"
#include "hermes/nn/blas.hpp"
#include "hermes/session/blas_choice.hpp"
#include "hermes/session/console.hpp"
#include "hermes/session/start_deadline.hpp"
#include "hermes/transport/mpi_environment.hpp"
#include "hermes/transport/mpi_job.hpp"

namespace hermes::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kSomethingWrong = 3;

struct DoctorOptions {
  std::string directory;
};

/// The first line that a command prints; empty where it cannot be run.
std::string first_line_of(const char* command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command, "r"), ::pclose);
  std::array<char, 256> line{};
  if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) {
    return {};
  }
  const std::string text = line.data();
  return text.substr(0, text.find('\n'));
}

/// Rank by rank, without an mpirun between.
bool is_started_by_srun() {
  return session::environment("SLURM_STEP_NUM_TASKS") && session::environment("PMIX_RANK") &&
         !session::environment("OMPI_COMM_WORLD_SIZE");
}

std::optional<std::uint32_t> positive_number(const std::string& text) {
  const int number = std::atoi(text.c_str());
  return number > 0 ? std::optional(static_cast<std::uint32_t>(number)) : std::nullopt;
}

/// How many ranks the launcher was asked for.
std::optional<std::uint32_t> ranks_asked() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    if (const auto ranks = positive_number(session::environment(name).value_or(""))) {
      return ranks;
    }
  }
  return std::nullopt;
}

/// The tasks of the Slurm job. Where srun has started mpirun's daemons these are a step of their
/// own, whose number SLURM_NTASKS is then; but mpirun says for how many ranks Slurm has given room.
std::string slurm_tasks() {
  const bool is_of_daemon =
      session::environment("SLURM_STEP_NUM_TASKS") && session::environment("OMPI_UNIVERSE_SIZE");
  return session::environment(is_of_daemon ? "OMPI_UNIVERSE_SIZE" : "SLURM_NTASKS").value_or("");
}

/// What the user said about MPI's transports, on the command line of mpirun or in the environment.
std::string transports_asked() {
  std::string text;
  for (const char* name : {"OMPI_MCA_pml", "OMPI_MCA_btl", "OMPI_MCA_btl_tcp_if_include"}) {
    if (const std::optional<std::string> value = session::environment(name)) {
      text += (text.empty() ? "" : ", ") + std::string(name) + "=" + *value;
    }
  }
  return text;
}

/// One that the user wants MPI to use TCP on (by name, not as a subnet) and that is not there: Open
/// MPI then uses no TCP at all, whatever else is named. Empty where there is none.
std::string missing_interface() {
  std::istringstream names(session::environment("OMPI_MCA_btl_tcp_if_include").value_or(""));
  for (std::string name; std::getline(names, name, ',');) {
    const bool is_name = std::isalpha(static_cast<unsigned char>(name[0])) != 0;
    if (is_name && ::if_nametoindex(name.c_str()) == 0) {
      return name;
    }
  }
  return {};
}

ConfigError no_directory(const fs::path& directory) {
  return ConfigError(directory.string() + ": expected a directory that rank 0 can write to");
}

/// A file that rank 0 makes, and that the others look for.
class SharedFile {
 public:
  SharedFile(const fs::path& directory, bool is_maker) {
    if (is_maker) {
      std::string name = (directory / "hermes-doctor-XXXXXX").string();
      const int file = ::mkstemp(name.data());
      if (file >= 0) {
        ::close(file);
        own_ = name;
      }
    }
    name_ = transport::broadcast(own_);
    if (name_.empty()) {
      throw no_directory(directory);
    }
  }
  ~SharedFile() {
    std::error_code ignored;
    if (!own_.empty()) {
      fs::remove(own_, ignored);
    }
  }
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  /// Network file systems may take a moment.
  bool is_visible() const {
    constexpr int kLooks = 20;
    for (int look = 0; look < kLooks; ++look) {
      std::error_code ignored;
      if (fs::exists(name_, ignored)) {
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return false;
  }

 private:
  std::string own_;  // empty on the other ranks
  std::string name_;
};

/// What MPI changes or hinders by its start.
doctor::RankFacts facts_before_mpi() {
  doctor::RankFacts facts;
  facts.mpirun = first_line_of("mpirun --version 2>/dev/null");  // MPI dislikes forks
  facts.srun = is_started_by_srun() ? first_line_of("srun --version 2>/dev/null") : "";
  std::error_code failure;
  const fs::space_info space = fs::space("/dev/shm", failure);
  if (!failure) {
    facts.shared_memory_free = space.available;
  }
  return facts;
}

void find_job(doctor::RankFacts& facts, const transport::MpiEnvironment& mpi) {
  facts.mpi = {transport::mpi_built_version(), transport::mpi_running_version()};
  facts.has_threads = transport::mpi_grants_threads();
  facts.transport = transports_asked();
  facts.missing_interface = missing_interface();
  facts.ranks = static_cast<std::uint32_t>(mpi.rank_count());
  facts.ranks_asked = ranks_asked();
  facts.slurm_job = session::environment("SLURM_JOB_ID");
  facts.slurm_tasks = positive_number(transport::broadcast(slurm_tasks()));
}

void find_cores(doctor::RankFacts& facts) {
  const session::OwnCores cores = session::own_cores();
  const transport::HostRanks ranks = transport::MpiEnvironment::gather_on_host({&cores.id, 1});
  facts.ranks_on_host = static_cast<std::uint32_t>(ranks.count);
  facts.host_cores = static_cast<std::uint32_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  facts.own_cores = cores.count;
  facts.sharing_cores = cores.sharing(ranks);
  facts.quota_cores = cores.quota;
  const nn::BlasDescription blas = nn::blas_description();
  facts.blas_core = blas.core;
  facts.asked_core = session::environment("OPENBLAS_CORETYPE");
  facts.better_core = nn::better_blas_core(blas, supported_simd_targets().front(), std::nullopt);
  facts.blas_threads = session::blas_threads(cores, ranks);
  facts.vector_kernels = to_string(simd_target());
}

void find_memory(doctor::RankFacts& facts) {
  data::MemorySurroundings around;
  around.environment = session::environment;
  const transport::HostRanks neighbours =
      transport::MpiEnvironment::gather_on_host(data::cgroup_ids());
  around.ranks_on_host = static_cast<std::uint32_t>(neighbours.count);
  around.cgroups_on_host = neighbours.values;
  const data::MemoryBudget budget = data::find_memory_budget(around);
  if (const data::MemoryLimit* limit = budget.decisive()) {
    facts.memory = budget.bytes();
    facts.memory_source = to_string(limit->source);
  }
  // A rank may have looked when MPI was already at work in others, but not the first of them.
  const std::uint64_t seen = facts.shared_memory_free.value_or(0);
  const transport::HostRanks all = transport::MpiEnvironment::gather_on_host({&seen, 1});
  if (facts.shared_memory_free) {
    facts.shared_memory_free = std::ranges::max(all.values);
  }
}

int examine_job(const Arguments& arguments, const DoctorOptions& options) {
  session::refuse_strangers();
  const fs::path directory =
      options.directory.empty() ? fs::current_path() : fs::path(options.directory);
  if (!session::launcher_rank() && !fs::is_directory(directory)) {  // before MPI leaves its traces
    throw no_directory(directory);
  }
  doctor::RankFacts facts = facts_before_mpi();
  int argc = arguments.argc;
  char** argv = arguments.argv;
  const session::StartDeadline deadline;
  const transport::MpiEnvironment mpi(argc, argv);
  find_job(facts, mpi);
  find_cores(facts);
  find_memory(facts);
  facts.hdf5 = {data::hdf5_built_version(), data::hdf5_running_version()};
  facts.directory = directory.string();
  const bool is_first = mpi.rank() == kServerRank;
  const SharedFile file(facts.directory, is_first);
  facts.sees_directory = file.is_visible();
  std::vector<std::vector<doctor::Finding>> findings;
  for (const std::string& text : transport::gather(doctor::to_text(doctor::examine(facts)))) {
    findings.push_back(doctor::findings_of(text));
  }
  if (is_first) {
    std::cout << doctor::describe(findings) << std::flush;
  }
  return doctor::worst(findings) == doctor::Severity::Wrong ? kSomethingWrong : 0;
}

}  // namespace

void add_doctor(CLI::App& app, const Arguments& arguments, Action& action) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command = app.add_subcommand(
      "doctor",
      "Looks at MPI, cores, OpenBLAS, HDF5, memory and files of this machine or, under "
      "mpirun or srun, of a job; exit code 3 when something is wrong");
  command->add_option("--directory", options->directory,
                      "that all ranks should see (the current one)");
  command->callback(
      [=, &action] { action = [arguments, options] { return examine_job(arguments, *options); }; });
}

}  // namespace hermes::cli
