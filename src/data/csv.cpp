#include "hermes/data/csv.hpp"

#include <charconv>
#include <system_error>

namespace hermes::data {

std::string_view trimmed(std::string_view field) {
  constexpr std::string_view kBlanks = " \t\r\"";
  const std::size_t first = field.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return field.substr(first, field.find_last_not_of(kBlanks) - first + 1);
}

void split_line(std::string_view line, char separator, std::vector<std::string_view>& fields) {
  fields.clear();
  while (true) {
    const std::size_t end = line.find(separator);
    fields.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) {
      return;
    }
    line.remove_prefix(end + 1);
  }
}

bool parse_number(std::string_view field, double& value) {
  if (!field.empty() && field.front() == '+') {
    field.remove_prefix(1);
  }
  const char* end = field.data() + field.size();
  const auto result = std::from_chars(field.data(), end, value);
  return !field.empty() && result.ptr == end && result.ec == std::errc();
}

}  // namespace hermes::data
