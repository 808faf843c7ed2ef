#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hermes/doctor/rank_facts.hpp"

namespace hermes::doctor {

enum class Severity : std::uint8_t {
  Fine,
  Slow,   ///< runs, but slower than it could
  Wrong,  ///< fails, now or later
};

/// One thing that was looked at. `expected` and `advice` are empty where it is fine.
struct Finding {
  Severity severity = Severity::Fine;
  std::string subject;
  std::string found;
  std::string expected{};
  std::string advice{};

  friend bool operator==(const Finding&, const Finding&) = default;
};

/// What the facts of one rank mean, one finding per subject, always in the same order. Pure.
std::vector<Finding> examine(const RankFacts& facts);

/// A table of the findings of all ranks; equal ones are told once, with their ranks. Element r:
/// those of rank r.
std::string describe(const std::vector<std::vector<Finding>>& findings);

/// The worst of all.
Severity worst(const std::vector<std::vector<Finding>>& findings);

/// Findings as one text and back, to travel from rank to rank. Throws DataError for a text that is
/// none.
std::string to_text(const std::vector<Finding>& findings);
std::vector<Finding> findings_of(const std::string& text);

}  // namespace hermes::doctor
