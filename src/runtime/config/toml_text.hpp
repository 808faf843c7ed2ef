#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hermes::runtime {

/// Values as TOML writes them, so that reading them gives the same value to the last bit.
std::string toml_text(bool value);
std::string toml_text(std::uint64_t value);
std::string toml_text(double value);  ///< finite; always with a point or an exponent
std::string toml_text(std::string_view value);

/// A number for messages: the shortest text that reads back as the same number.
std::string short_text(double value);

}  // namespace hermes::runtime
