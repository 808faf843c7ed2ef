#pragma once

#include <cstddef>
#include <string_view>

namespace hermes::runtime {

/// "a.b.c" has three parts. No key of Hermes has more than three.
inline constexpr std::size_t kKeyPartsMax = 16;

/// The first line of a TOML text whose keys have more than `kKeyPartsMax` parts, from 1; 0 if none.
/// The parser makes a table of each part, one in another, and the stack must hold them all when
/// they go; it bounds only the nesting of values.
std::size_t too_deep_line(std::string_view text);

}  // namespace hermes::runtime
