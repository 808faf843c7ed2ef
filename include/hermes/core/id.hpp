#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace hermes {

/// An integer that cannot be mistaken for another kind of integer.
template <class Tag, class Rep>
struct Id {
  using rep = Rep;
  Rep value{};

  friend constexpr auto operator<=>(Id, Id) = default;  // NOLINT(modernize-use-nullptr): false
  constexpr Id next() const { return Id{static_cast<Rep>(value + 1)}; }
};

using Rank = Id<struct RankTag, std::int32_t>;         ///< MPI rank; 0 is the server
using Version = Id<struct VersionTag, std::uint64_t>;  ///< the server's merge counter
using Round = Id<struct RoundTag, std::uint64_t>;      ///< a worker's completed rounds
using Ticket = Id<struct TicketTag, std::uint64_t>;    ///< a permission to train, per worker

inline constexpr Rank kServerRank{0};

}  // namespace hermes

template <class Tag, class Rep>
struct std::hash<hermes::Id<Tag, Rep>> {
  std::size_t operator()(hermes::Id<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
