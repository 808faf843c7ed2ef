#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/error.hpp"

/// What all fuzz targets share. A target is one function that gets hostile bytes and hands them to
/// a reader; README.md says what counts as a finding. Linked with libFuzzer it searches; linked
/// with replay.cpp it runs the committed corpus.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's own name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace hermes::fuzz {

/// Ends the process, so that libFuzzer keeps the input.
[[noreturn]] inline void report_finding(const char* what, const std::string& found) {
  std::fprintf(stderr, "finding: %s: %s\n", what, found.c_str());
  std::abort();
}

/// Set by replay.cpp: what readers say to inputs that they refuse is printed.
inline bool shows_refusals = false;

/// True when the reader takes the input, false when it refuses it as readers should: with a typed
/// error whose message is one line that fits on a screen. Whatever else it throws is a finding.
template <class Read>
bool takes(Read&& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    const std::string message = error.what();
    if (shows_refusals) {
      std::printf("  %s\n", message.c_str());
    }
    for (const char c : message) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
        report_finding("a message of one line", message);
      }
    }
    if (message.empty() || message.size() > 1000) {
      report_finding("a message of 1 to 1000 bytes", std::to_string(message.size()) + " bytes");
    }
    return false;
  }
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// The parts between "--8<--" marks: several files in one input. Missing ones are empty.
std::vector<std::string_view> cut_pieces(std::string_view input, std::size_t count);

/// With some bytes changed, three bytes an edit: where (two, modulo the size), what. One byte more
/// at the end cuts so many off.
Bytes edited(Bytes bytes, std::span<const std::uint8_t> edits);

/// A file of these bytes, as long as this lives.
class InputFile {
 public:
  explicit InputFile(std::span<const std::byte> bytes);
  explicit InputFile(std::string_view bytes) : InputFile(std::as_bytes(std::span(bytes))) {}
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Where converters may write; one per process, removed when that ends.
std::filesystem::path output_file();

}  // namespace hermes::fuzz
