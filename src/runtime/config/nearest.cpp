#include "runtime/config/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

namespace hermes::runtime {
namespace {

std::string_view last_word(std::string_view name) {
  return name.substr(name.rfind('.') + 1);  // npos + 1 is 0
}

std::string_view table_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

/// The names and all tables that they are in.
std::set<std::string_view> with_tables(std::span<const std::string> names) {
  std::set<std::string_view> all;
  for (std::string_view name : names) {
    for (; !name.empty(); name = table_of(name)) {
      all.insert(name);
    }
  }
  return all;
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
  constexpr std::size_t kNameBytesMax = 100;  // each known key is compared with all of it
  name = name.substr(0, kNameBytesMax);
  enum Likelihood { Slip, SameWord, SameTable, Other };
  using Cost = std::pair<Likelihood, std::size_t>;
  const auto cost = [name](std::string_view key) -> Cost {
    const std::size_t distance = edit_distance(name, key);
    const bool is_same_table = table_of(key) == table_of(name);
    const Likelihood likelihood = is_same_table && distance == 1      ? Slip
                                  : last_word(key) == last_word(name) ? SameWord
                                  : is_same_table                     ? SameTable
                                                                      : Other;
    return {likelihood, distance};
  };
  const std::set<std::string_view> candidates = with_tables(known);
  return std::string(
      *std::min_element(candidates.begin(), candidates.end(),
                        [&](std::string_view a, std::string_view b) { return cost(a) < cost(b); }));
}

}  // namespace hermes::runtime
