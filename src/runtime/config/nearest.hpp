#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace hermes::runtime {

/// Letters to insert, delete or change to make `a` into `b` (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known dotted key, or table of keys, that was most likely meant by `name`: the same word in
/// another table, else the closest in the same table, else the closest of all.
/// Requires: `known` is not empty.
std::string nearest_key(std::string_view name, std::span<const std::string> known);

}  // namespace hermes::runtime
