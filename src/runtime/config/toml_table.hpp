#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/config/key_visitor.hpp"

namespace hermes::runtime {

/// Reads a file of at most 1 MiB. Throws ConfigError.
std::string read_text_file(const std::filesystem::path& file);

/// toml::parse with our error: `ORIGIN:LINE: ...`, one line.
toml::table parse_toml(std::string_view text, const std::string& origin);

/// A parsed table and how its errors are told. Values are checked as they are read; every error is
/// a ConfigError `FILE:LINE: CONTEXT key 'a.b': expected X, found Y`. Values that a `--set` option
/// put in (their source is "--set a.b") are told as `--set a.b: expected X, found Y`.
/// Requires: the table outlives this.
class TomlTable {
 public:
  /// `origin` is the file, `context` for instance "layer 3 (conv2d): ".
  TomlTable(const toml::table& table, std::string origin, std::string context = {});

  const std::string& origin() const { return origin_; }

  /// Dotted keys; null when there is no such key.
  const toml::node* find(std::string_view key) const;
  bool is_override(std::string_view key) const;

  /// Nothing when the key is absent.
  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> flag(std::string_view key) const;
  std::optional<std::uint64_t> integer(std::string_view key, IntegerRange range) const;
  std::optional<double> real(std::string_view key, RealRange range) const;
  std::optional<std::vector<std::uint64_t>> integers(std::string_view key,
                                                     IntegerRange range) const;
  /// Nothing, too, when the key has the word `otherwise`.
  std::optional<std::uint64_t> byte_size(std::string_view key, std::string_view otherwise) const;
  /// The tables of an array; none when the key is absent.
  std::vector<const toml::table*> tables(std::string_view key) const;
  std::optional<std::size_t> word(std::string_view key,
                                  std::span<const std::string_view> words) const;

  /// Every key must be one of `known` (dotted); tables that hold known keys are known too, and so
  /// are arrays of such tables where `arrays` has their name.
  void refuse_unknown(std::span<const std::string> known,
                      std::span<const std::string> arrays = {}) const;

  /// Complains about a value, or that there is none.
  [[noreturn]] void fail(std::string_view key, std::string_view expected) const;
  [[noreturn]] void fail(std::string_view key, std::string_view expected,
                         std::string_view found) const;
  /// "FILE:LINE: CONTEXT" of a key, or of the innermost table around it that is in the file.
  std::string place(std::string_view key) const;

 private:
  void refuse_unknown_in(const toml::table& table, const std::string& prefix,
                         std::span<const std::string> known,
                         std::span<const std::string> arrays) const;
  std::string place_of(const toml::node& node) const;

  const toml::table& table_;
  std::string origin_;
  std::string context_;
};

/// What marks a node that a `--set` option put in: the begin of its source's path.
inline constexpr std::string_view kOverrideSource = "--set ";

/// True for "a.b" inside the table "a".
bool is_inside(std::string_view key, std::string_view table);

/// Text for a message: no line breaks, cut where it is long.
std::string one_line(std::string_view text);

/// "integer 5", "string 'abc'", "an array of 3": always one line.
std::string describe_value(const toml::node& node);

}  // namespace hermes::runtime
