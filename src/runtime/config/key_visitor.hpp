#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "hermes/core/time.hpp"

namespace hermes::runtime {

/// One key of a run configuration: its dotted name and one line of help.
struct Key {
  std::string_view name;
  std::string_view help;
  bool required = false;
};

/// Inclusive; never above what a TOML integer holds.
struct IntegerRange {
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::int64_t>::max();

  bool contains(std::uint64_t value) const { return value >= min && value <= max; }
};

/// Finite numbers between two ends, each of which may be left out of the range.
struct RealRange {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
  bool above_min = false;  ///< min itself does not belong
  bool below_max = false;  ///< max itself does not belong

  bool contains(double value) const;

  static RealRange any() { return {}; }
  static RealRange positive() { return {.min = 0.0, .above_min = true}; }
  static RealRange not_negative() { return {.min = 0.0}; }
  static RealRange unit() { return {.min = 0.0, .max = 1.0}; }
  static RealRange unit_without_one() { return {.min = 0.0, .max = 1.0, .below_max = true}; }
};

/// What a key takes, as error messages and the list of keys say it: "an integer >= 1".
std::string describe(IntegerRange range);
std::string describe(RealRange range);
std::string describe(std::span<const std::string_view> words);
inline constexpr std::string_view kText = "a string that is not empty";
inline constexpr std::string_view kFlag = "true or false";

/// Is shown every key of a run configuration, in order, with the variable behind it, which holds
/// the key's default or value. Reading, writing and listing are three visitors, so that a key is
/// described in one place (run_config_keys.cpp).
class KeyVisitor {
 public:
  virtual ~KeyVisitor() = default;

  virtual void text(const Key& key, std::string& value) = 0;
  virtual void flag(const Key& key, bool& value) = 0;
  virtual void integer(const Key& key, std::uint64_t& value, IntegerRange range) = 0;
  virtual void real(const Key& key, double& value, RealRange range) = 0;
  /// A number that may be absent.
  virtual void optional_real(const Key& key, std::optional<double>& value, RealRange range) = 0;
  /// One of some words; `index` says which.
  virtual void word(const Key& key, std::size_t& index,
                    std::span<const std::string_view> words) = 0;
  /// Keys that exclude each other; `index` says which one the value belongs to.
  virtual void one_of(std::span<const Key> keys, std::size_t& index, std::uint64_t& value,
                      IntegerRange range) = 0;

  void small_integer(const Key& key, std::uint32_t& value, IntegerRange range);
  void duration(const Key& key, Duration& value, RealRange range);

  /// `words` are the names of the enumerators 0, 1, ...
  template <class Enum, std::size_t N>
  void choice(const Key& key, Enum& value, const std::array<std::string_view, N>& words) {
    auto index = static_cast<std::size_t>(value);
    word(key, index, words);
    value = static_cast<Enum>(index);
  }
};

}  // namespace hermes::runtime
