#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace hermes::runtime {

/// Letters to insert, delete or change to make `a` into `b` (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known dotted key that was most likely meant by `name`. The right word in the wrong table
/// counts as one letter. Requires: `known` is not empty.
std::string nearest_key(std::string_view name, std::span<const std::string> known);

}  // namespace hermes::runtime
