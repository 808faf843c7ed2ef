#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/doctor/finding.hpp"

namespace hermes::doctor {
namespace {

using Json = nlohmann::json;

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::Fine:
      return "ok";
    case Severity::Slow:
      return "slow";
    case Severity::Wrong:
      return "wrong";
  }
  return "";
}

/// "0", "1-3,7".
std::string ranges(const std::vector<std::size_t>& ranks) {
  std::string text;
  for (std::size_t i = 0; i < ranks.size();) {
    std::size_t last = i;
    while (last + 1 < ranks.size() && ranks[last + 1] == ranks[last] + 1) {
      ++last;
    }
    text += (text.empty() ? "" : ",") + std::to_string(ranks[i]);
    text += last > i ? "-" + std::to_string(ranks[last]) : "";
    i = last + 1;
  }
  return text;
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(text.size() < width ? width - text.size() : 0, ' ');
}

std::string line_of(const Finding& finding, const std::string& ranks) {
  constexpr std::size_t kWordWidth = 7;
  constexpr std::size_t kSubjectWidth = 14;
  std::string text = padded(word(finding.severity), kWordWidth) +
                     padded(finding.subject, kSubjectWidth) + ranks + finding.found;
  if (!finding.expected.empty()) {
    text += "; expected " + finding.expected;
  }
  text += "\n";
  if (!finding.advice.empty()) {
    text += std::string(kWordWidth + kSubjectWidth, ' ') + "do: " + finding.advice + "\n";
  }
  return text;
}

}  // namespace

std::string describe(const std::vector<std::vector<Finding>>& findings) {
  // In the order of the subjects, and of each the findings in the order of their first rank.
  std::vector<std::string> subjects;
  std::vector<std::pair<Finding, std::vector<std::size_t>>> groups;
  for (std::size_t rank = 0; rank < findings.size(); ++rank) {
    for (const Finding& finding : findings[rank]) {
      if (std::ranges::find(subjects, finding.subject) == subjects.end()) {
        subjects.push_back(finding.subject);
      }
      const auto same = std::ranges::find(groups, finding, &decltype(groups)::value_type::first);
      if (same == groups.end()) {
        groups.push_back({finding, {rank}});
      } else {
        same->second.push_back(rank);
      }
    }
  }
  std::string text;
  for (const std::string& subject : subjects) {
    for (const auto& [finding, ranks] : groups) {
      if (finding.subject == subject) {
        const bool is_common = ranks.size() == findings.size();
        const char* one_or_more = ranks.size() == 1 ? "rank " : "ranks ";
        text += line_of(finding, is_common ? "" : one_or_more + ranges(ranks) + ": ");
      }
    }
  }
  return text;
}

Severity worst(const std::vector<std::vector<Finding>>& findings) {
  Severity worst = Severity::Fine;
  for (const std::vector<Finding>& of_rank : findings) {
    for (const Finding& finding : of_rank) {
      worst = std::max(worst, finding.severity);
    }
  }
  return worst;
}

std::string to_text(const std::vector<Finding>& findings) {
  Json json = Json::array();
  for (const Finding& finding : findings) {
    json.push_back({static_cast<int>(finding.severity), finding.subject, finding.found,
                    finding.expected, finding.advice});
  }
  // Names of files and variables need not be UTF-8.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<Finding> findings_of(const std::string& text) {
  std::vector<Finding> findings;
  try {
    for (const Json& one : Json::parse(text)) {
      const int severity = one.at(0).get<int>();
      if (severity < 0 || severity > static_cast<int>(Severity::Wrong)) {
        throw DataError("findings of a rank: expected a severity, found " +
                        std::to_string(severity));
      }
      findings.push_back(
          {static_cast<Severity>(severity), one.at(1), one.at(2), one.at(3), one.at(4)});
    }
  } catch (const Json::exception& error) {
    throw DataError(std::string("findings of a rank: expected JSON, found ") + error.what());
  }
  return findings;
}

}  // namespace hermes::doctor
