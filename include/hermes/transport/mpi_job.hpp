#pragma once

#include <string>
#include <vector>

/// What all ranks of a job say to each other at once: for commands that look at a job. A training
/// run does not use it, since a rank that is lost would leave the others waiting.
/// Requires: an MpiEnvironment; every rank calls each function, in the same order. Throws
/// TransportError.
namespace hermes::transport {

/// Of the MPI library: "4.1.4" when the program was compiled (empty: not known), and what the
/// library that is loaded says of itself, its first line.
std::string mpi_built_version();
std::string mpi_running_version();
/// Other threads than the one that calls MPI are allowed.
bool mpi_grants_threads();

/// The text of rank 0, on every rank.
std::string broadcast(const std::string& text);
/// The texts of all ranks in their order on rank 0; nothing elsewhere.
std::vector<std::string> gather(const std::string& text);

}  // namespace hermes::transport
