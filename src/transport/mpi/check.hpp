#pragma once

#include <cstddef>
#include <optional>

#include "hermes/core/id.hpp"

namespace hermes::transport {

/// Every return code of MPI goes through here. Throws TransportError with the operation, the peer
/// where there is one, and MPI's own words.
void check(int code, const char* operation, std::optional<Rank> peer = std::nullopt);

/// A number of bytes as MPI counts them. Throws TransportError from 2 GiB on.
int to_count(std::size_t bytes, const char* what);

}  // namespace hermes::transport
