#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "hermes/protocol/record.hpp"

namespace hermes::telemetry {

/// An empty directory that lives as long as the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "telemetry-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("no temporary directory");
    }
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  return std::move(content).str();
}

inline Rank rank(std::int32_t value) {
  return Rank{value};
}

/// A report of one round of 10 steps, 160 samples and half a second, and an eighth of waiting for
/// rows.
inline protocol::ReportAccepted report(std::int32_t from, std::uint64_t round,
                                       protocol::ReportKind kind) {
  protocol::Report said;
  said.kind = kind;
  said.round = Round{round};
  said.steps = 10;
  said.samples = 160;
  said.compute_seconds = 0.5;
  said.data_seconds = 0.125;
  said.train_loss = 0.25;
  return {rank(from), said};
}

inline protocol::Merged merged(std::uint64_t version, std::int32_t from, std::uint64_t staleness) {
  return {Version{version}, {{rank(from), staleness}}};
}

inline protocol::Evaluation evaluation(std::uint64_t version, double loss, double accuracy,
                                       bool best = false) {
  return {Version{version}, loss, accuracy, best};
}

}  // namespace hermes::telemetry
