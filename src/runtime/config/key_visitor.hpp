#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
std::string describe_integers(IntegerRange range);
std::string describe_byte_size(std::string_view otherwise);
inline constexpr std::string_view kText = "a string that is not empty";
inline constexpr std::string_view kFlag = "true or false";

/// Is shown every key of a run configuration, in order, with the variable behind it, which holds
/// the key's default or value. Reading, writing and listing are three visitors, so that a key is
/// described in one place (run_config_keys.cpp).
class KeyVisitor {
 public:
  virtual ~KeyVisitor() = default;

  virtual void text(const Key& key, std::string& value) = 0;
  /// Like all optional keys: may be absent.
  virtual void optional_text(const Key& key, std::optional<std::string>& value) = 0;
  virtual void flag(const Key& key, bool& value) = 0;
  virtual void integer(const Key& key, std::uint64_t& value, IntegerRange range) = 0;
  virtual void real(const Key& key, double& value, RealRange range) = 0;
  virtual void optional_integer(const Key& key, std::optional<std::uint64_t>& value,
                                IntegerRange range) = 0;
  /// An array of different integers; may be absent, but not be there and empty.
  virtual void integers(const Key& key, std::vector<std::uint64_t>& values, IntegerRange range) = 0;
  /// A number of bytes, written with a unit. `otherwise` is the word for none; empty: the key may
  /// be absent.
  virtual void byte_size(const Key& key, std::optional<std::uint64_t>& value,
                         std::string_view otherwise) = 0;
  virtual void optional_real(const Key& key, std::optional<double>& value, RealRange range) = 0;
  /// One of some words; `index` says which.
  virtual void word(const Key& key, std::size_t& index,
                    std::span<const std::string_view> words) = 0;
  /// Keys that exclude each other; `index` says which one the value belongs to.
  virtual void one_of(std::span<const Key> keys, std::size_t& index, std::uint64_t& value,
                      IntegerRange range) = 0;

  void small_integer(const Key& key, std::uint32_t& value, IntegerRange range);
  void duration(const Key& key, Duration& value, RealRange range);

  /// An array of tables, [[name]]. `visit` shows the keys of one, whose names begin with "name.".
  template <class Item, class Visit>
  void tables(std::string_view name, std::vector<Item>& items, const Visit& visit) {
    items.resize(table_count(name, items.size()));
    for (std::size_t i = 0; i < items.size(); ++i) {
      begin_table(name, i);
      visit(items[i]);
      end_table();
    }
  }

  /// `words` are the names of the enumerators 0, 1, ...
  template <class Enum, std::size_t N>
  void choice(const Key& key, Enum& value, const std::array<std::string_view, N>& words) {
    auto index = static_cast<std::size_t>(value);
    word(key, index, words);
    value = static_cast<Enum>(index);
  }

 private:
  /// How many there are, which for some visitors is not `count`.
  virtual std::size_t table_count(std::string_view name, std::size_t count) = 0;
  virtual void begin_table(std::string_view name, std::size_t index) = 0;
  virtual void end_table() = 0;
};

}  // namespace hermes::runtime
