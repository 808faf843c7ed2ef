#include "telemetry/whole_file.hpp"

#include <fstream>
#include <string>
#include <system_error>

#include "hermes/core/error.hpp"

namespace hermes::telemetry {

void write_whole(const std::filesystem::path& file, std::string_view text, std::string_view what) {
  std::filesystem::path temporary = file;
  temporary += ".tmp";
  std::ofstream stream(temporary, std::ios::trunc | std::ios::binary);
  stream << text;
  stream.close();
  std::error_code failure;
  if (stream) {
    std::filesystem::rename(temporary, file, failure);
  }
  if (!stream || failure) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw RuntimeError(file.string() + ": " + std::string(what) + " cannot be written" +
                       (failure ? " (" + failure.message() + ")" : ""));
  }
}

}  // namespace hermes::telemetry
