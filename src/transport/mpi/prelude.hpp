#pragma once

#include <cstdint>
#include <type_traits>

namespace hermes::transport {

/// Tags in MPI_COMM_WORLD.
inline constexpr int kHeaderTag = 1;
inline constexpr int kPayloadTag = 2;

/// What stands before the header bytes in a header message.
struct Prelude {
  static constexpr std::uint32_t kMagic = 0x31465248;  // "HRF1"

  std::uint32_t magic = kMagic;
  /// Counts the frames from one rank to another: receives may complete in another order than that
  /// in which they matched, above all where the network is simulated.
  std::uint32_t sequence = 0;
  std::uint64_t payload_bytes = 0;
};
static_assert(sizeof(Prelude) == 16 && std::is_trivially_copyable_v<Prelude>);

}  // namespace hermes::transport
