#pragma once

#include <filesystem>
#include <string_view>

namespace hermes::telemetry {

/// Writes a file whole or not at all (temporary file beside it, then rename). `what` it is, for the
/// RuntimeError of a file that cannot be written.
void write_whole(const std::filesystem::path& file, std::string_view text, std::string_view what);

}  // namespace hermes::telemetry
