#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hermes::report {

/// Any bytes as text for HTML, inside elements and attribute values: characters that mean something
/// there are escaped, control characters become blanks, what is no UTF-8 becomes U+FFFD, and what
/// is longer than `bytes_max` is cut in the middle.
std::string html_text(std::string_view text, std::size_t bytes_max = 300);

}  // namespace hermes::report
