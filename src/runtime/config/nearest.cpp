#include "runtime/config/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace hermes::runtime {
namespace {

std::string_view last_word(std::string_view name) {
  return name.substr(name.rfind('.') + 1);  // npos + 1 is 0
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);  // distances of a prefix of `a` to prefixes of `b`
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string nearest_key(std::string_view name, std::span<const std::string> known) {
  using Cost = std::pair<std::size_t, std::size_t>;  // distance; ties: of the whole names
  const auto cost = [name](const std::string& key) {
    const std::size_t whole = edit_distance(name, key);
    const bool same_word = last_word(name) == last_word(key);
    return Cost(same_word ? std::min<std::size_t>(whole, 1) : whole, whole);
  };
  return *std::min_element(known.begin(), known.end(),
                           [&](const auto& a, const auto& b) { return cost(a) < cost(b); });
}

}  // namespace hermes::runtime
