#include "transport/mpi/check.hpp"

#include <mpi.h>

#include <limits>
#include <string>

#include "hermes/core/error.hpp"

namespace hermes::transport {

void check(int code, const char* operation, std::optional<Rank> peer) {
  if (code == MPI_SUCCESS) {
    return;
  }
  std::string reason(MPI_MAX_ERROR_STRING, '\0');
  int length = 0;
  if (MPI_Error_string(code, reason.data(), &length) != MPI_SUCCESS) {
    length = 0;
  }
  reason.resize(static_cast<std::size_t>(length));
  const std::string with = peer ? " with rank " + std::to_string(peer->value) : "";
  throw TransportError(operation + with + ": " + reason + " (code " + std::to_string(code) + ")");
}

int to_count(std::size_t bytes, const char* what) {
  constexpr std::size_t kMax = std::numeric_limits<int>::max();
  if (bytes > kMax) {
    throw TransportError(std::string(what) + ": expected at most " + std::to_string(kMax) +
                         " bytes, found " + std::to_string(bytes));
  }
  return static_cast<int>(bytes);
}

}  // namespace hermes::transport
