#include "hermes/transport/mpi_job.hpp"

#include <mpi.h>

#include <array>
#include <numeric>

#include "hermes/core/id.hpp"
#include "transport/mpi/check.hpp"

namespace hermes::transport {

std::string mpi_built_version() {
#ifdef OMPI_MAJOR_VERSION
  return std::to_string(OMPI_MAJOR_VERSION) + "." + std::to_string(OMPI_MINOR_VERSION) + "." +
         std::to_string(OMPI_RELEASE_VERSION);
#else
  return {};
#endif
}

std::string mpi_running_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  check(MPI_Get_library_version(text.data(), &length), "MPI_Get_library_version");
  const std::string version(text.data(), static_cast<std::size_t>(length));
  return version.substr(0, version.find_first_of(",\n"));
}

bool mpi_grants_threads() {
  int level = MPI_THREAD_SINGLE;
  check(MPI_Query_thread(&level), "MPI_Query_thread");
  return level >= MPI_THREAD_FUNNELED;
}

std::string broadcast(const std::string& text) {
  std::string received = text;
  int size = to_count(text.size(), "text");
  check(MPI_Bcast(&size, 1, MPI_INT, kServerRank.value, MPI_COMM_WORLD), "MPI_Bcast");
  received.resize(static_cast<std::size_t>(size));
  check(MPI_Bcast(received.data(), size, MPI_CHAR, kServerRank.value, MPI_COMM_WORLD), "MPI_Bcast");
  return received;
}

std::vector<std::string> gather(const std::string& text) {
  int rank = 0;
  int rank_count = 0;
  check(MPI_Comm_rank(MPI_COMM_WORLD, &rank), "MPI_Comm_rank");
  check(MPI_Comm_size(MPI_COMM_WORLD, &rank_count), "MPI_Comm_size");
  const int size = to_count(text.size(), "text");
  std::vector<int> sizes(static_cast<std::size_t>(rank_count));
  check(MPI_Gather(&size, 1, MPI_INT, sizes.data(), 1, MPI_INT, kServerRank.value, MPI_COMM_WORLD),
        "MPI_Gather");
  std::vector<int> offsets(sizes.size());
  std::exclusive_scan(sizes.begin(), sizes.end(), offsets.begin(), 0);
  std::string all(static_cast<std::size_t>(offsets.back() + sizes.back()), '\0');
  check(MPI_Gatherv(text.data(), size, MPI_CHAR, all.data(), sizes.data(), offsets.data(), MPI_CHAR,
                    kServerRank.value, MPI_COMM_WORLD),
        "MPI_Gatherv");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < sizes.size() && rank == kServerRank.value; ++i) {
    texts.push_back(
        all.substr(static_cast<std::size_t>(offsets[i]), static_cast<std::size_t>(sizes[i])));
  }
  return texts;
}

}  // namespace hermes::transport
