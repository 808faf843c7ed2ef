#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace hermes::protocol {

/// Something that all ranks of a run must agree on, by the name that a user knows it by ("table
/// [train]", "data set"), and a hash of it.
struct RunTrait {
  std::string name{};
  std::uint64_t hash = 0;

  friend bool operator==(const RunTrait&, const RunTrait&) = default;
};

/// No run has more; so many fit into a message.
inline constexpr std::size_t kRunTraitsMax = 48;

/// Their hashes, in the same order, as a worker sends them.
inline std::vector<std::uint64_t> hashes_of(const std::vector<RunTrait>& traits) {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(traits.size());
  for (const RunTrait& trait : traits) {
    hashes.push_back(trait.hash);
  }
  return hashes;
}

}  // namespace hermes::protocol
