#include "hermes/core/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace hermes::detail {

void assertion_failed(std::string_view condition, std::string_view message, const char* file,
                      int line) noexcept {
  const char* rank = std::getenv("OMPI_COMM_WORLD_RANK");
  std::fprintf(stderr, "hermes: bug on rank %s: %s:%d: %.*s: %.*s\n", rank != nullptr ? rank : "0",
               file, line, static_cast<int>(message.size()), message.data(),
               static_cast<int>(condition.size()), condition.data());
  std::abort();
}

}  // namespace hermes::detail
