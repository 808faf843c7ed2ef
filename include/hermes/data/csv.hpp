#pragma once

#include <string_view>
#include <vector>

/// Text with a separator between its fields and a line break after each row.
namespace hermes::data {

/// The field without surrounding blanks and quotes.
std::string_view trimmed(std::string_view field);

/// The trimmed fields of a line; a quoted separator is not supported.
void split_line(std::string_view line, char separator, std::vector<std::string_view>& fields);

/// The number that the whole field is, NaN and infinities included; false when it is none.
bool parse_number(std::string_view field, double& value);

}  // namespace hermes::data
