#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hermes {

/// What `parse_byte_size` takes, for error messages.
inline constexpr std::string_view kByteSizeText =
    "a size with unit (B, KiB, MiB, GiB, KB, MB or GB), as in \"512MiB\"";

/// "512MiB", "1.5 GiB", "2000B" as bytes, rounded down. Nothing for a text without a unit, a
/// negative number, or more than 2^53 bytes.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

/// The shortest text that reads back as the same number: "512MiB", "1000B".
std::string byte_size_text(std::uint64_t bytes);

}  // namespace hermes
