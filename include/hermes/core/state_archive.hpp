#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "hermes/core/archive_fields.hpp"
#include "hermes/core/buffer.hpp"
#include "hermes/core/parameters.hpp"
#include "hermes/core/random.hpp"

/// The state of an object as bytes, for checkpoints: two archives of Boost.Serialization's trivial
/// kind. They hold the fields alone, in the byte order of the machine; unlike Boost's own they
/// allocate nothing that the bytes at hand do not pay for.
namespace hermes {

/// Writes to the end of a vector.
class StateWriter {
 public:
  using is_saving = boost::mpl::true_;
  using is_loading = boost::mpl::false_;
  static constexpr std::size_t kWord = 4;

  /// One function of a type serves both directions and takes its object by reference; this archive
  /// only reads it.
  template <class T>
  StateWriter& operator&(const T& value);
  void save_binary(const void* data, std::size_t bytes) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), first, first + bytes);
  }

  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  /// Filled up with zeros to a multiple of kWord.
  Bytes take() && {
    bytes_.resize((bytes_.size() + kWord - 1) / kWord * kWord);
    return std::move(bytes_);
  }

 private:
  Bytes bytes_;
};

/// Reads a span and knows how much of it is left. Throws DecodeError for bytes that no StateWriter
/// made of the same fields.
class StateReader : public FieldReader {
 public:
  explicit StateReader(std::span<const std::byte> bytes) : FieldReader("state", bytes) {}

  template <class T>
  StateReader& operator&(T& value);
  /// A number of elements, each of at least so many bytes.
  std::size_t load_count(std::size_t element_bytes) {
    std::uint64_t count = 0;
    load_binary(&count, sizeof(count));
    if (count > left() / element_bytes) {
      throw DecodeError("state: expected at most " + std::to_string(left() / element_bytes) +
                        " elements, found " + std::to_string(count));
    }
    return static_cast<std::size_t>(count);
  }
  /// What the fields must be beyond what their types say: "state: expected WHAT".
  static void expect(bool holds, const char* what) {
    if (!holds) {
      throw DecodeError(std::string("state: expected ") + what + ", found others");
    }
  }
  /// But for the zeros that fill the last word.
  void expect_end() const { expect_at_most(StateWriter::kWord - 1); }
};

namespace detail {

template <class T>
void save(StateWriter& archive, T& value) {
  if constexpr (PlainNumber<T>) {
    archive.save_binary(&value, sizeof(value));
  } else {
    boost::serialization::serialize_adl(archive, value, 0);
  }
}

template <class T>
void load(StateReader& archive, T& value) {
  if constexpr (PlainNumber<T>) {
    archive.load_binary(&value, sizeof(value));
  } else {
    boost::serialization::serialize_adl(archive, value, 0);
  }
}

inline void save(StateWriter& archive, bool& value) {
  truth(archive, value, "truth value");
}
inline void load(StateReader& archive, bool& value) {
  truth(archive, value, "truth value");
}

inline void save(StateWriter& archive, std::string& value) {
  archive& std::uint64_t{value.size()};
  archive.save_binary(value.data(), value.size());
}
inline void load(StateReader& archive, std::string& value) {
  value.resize(archive.load_count(1));
  archive.load_binary(value.data(), value.size());
}

template <class T, std::size_t kSize>
void save(StateWriter& archive, std::array<T, kSize>& values) {
  for (T& value : values) {
    archive& value;
  }
}
template <class T, std::size_t kSize>
void load(StateReader& archive, std::array<T, kSize>& values) {
  for (T& value : values) {
    archive& value;
  }
}

template <PlainNumber T, class Allocator>
void save(StateWriter& archive, std::vector<T, Allocator>& values) {
  archive& std::uint64_t{values.size()};
  archive.save_binary(values.data(), values.size() * sizeof(T));
}
template <PlainNumber T, class Allocator>
void load(StateReader& archive, std::vector<T, Allocator>& values) {
  values.resize(archive.load_count(sizeof(T)));
  archive.load_binary(values.data(), values.size() * sizeof(T));
}

/// Values that live elsewhere: they are read back to where as many are expected.
inline void save(StateWriter& archive, std::span<const float>& values) {
  archive& std::uint64_t{values.size()};
  archive.save_binary(values.data(), values.size_bytes());
}
inline void load(StateReader& archive, std::span<float>& values) {
  if (const std::size_t found = archive.load_count(sizeof(float)); found != values.size()) {
    throw DecodeError("state: expected " + std::to_string(values.size()) + " numbers, found " +
                      std::to_string(found));
  }
  archive.load_binary(values.data(), values.size_bytes());
}

template <class T>
void save(StateWriter& archive, std::deque<T>& values) {
  archive& std::uint64_t{values.size()};
  for (T& value : values) {
    archive& value;
  }
}
template <class T>
void load(StateReader& archive, std::deque<T>& values) {
  values.clear();
  for (std::size_t left = archive.load_count(1); left > 0; --left) {
    archive& values.emplace_back();
  }
}

template <class Key, class T>
void save(StateWriter& archive, std::map<Key, T>& entries) {
  archive& std::uint64_t{entries.size()};
  for (auto& [key, value] : entries) {
    archive& key& value;
  }
}
template <class Key, class T>
void load(StateReader& archive, std::map<Key, T>& entries) {
  entries.clear();
  for (std::size_t left = archive.load_count(1); left > 0; --left) {
    Key key{};
    archive& key;
    archive& entries[key];
  }
}

template <class T>
void save(StateWriter& archive, std::optional<T>& value) {
  archive& value.has_value();
  if (value) {
    archive&* value;
  }
}
template <class T>
void load(StateReader& archive, std::optional<T>& value) {
  bool has_value = false;
  archive& has_value;
  value.reset();
  if (has_value) {
    archive& value.emplace();
  }
}

/// All zeros draw zeros for ever.
inline void save(StateWriter& archive, RandomStream& stream) {
  archive& stream.state();
}
inline void load(StateReader& archive, RandomStream& stream) {
  RandomStream::State state{};
  archive& state;
  StateReader::expect(state != RandomStream::State{}, "a seeded stream of random numbers");
  stream = RandomStream(state);
}

inline void save(StateWriter& archive, SharedParameters& parameters) {
  archive& std::uint64_t{parameters.size()};
  std::array<float, kParameterBlock> room{};
  for (std::size_t first = 0; first < parameters.size(); first += room.size()) {
    const std::size_t count = std::min(room.size(), parameters.size() - first);
    const std::span<const float> block = parameters.read(first, std::span(room).first(count));
    archive.save_binary(block.data(), block.size_bytes());
  }
}
inline void load(StateReader& archive, SharedParameters& parameters) {
  auto values = std::make_shared<AlignedVector<float>>(archive.load_count(sizeof(float)));
  archive.load_binary(values->data(), values->size() * sizeof(float));
  const std::span<const float> view(*values);
  parameters = SharedParameters(std::move(values), view);
}

}  // namespace detail

template <class T>
StateWriter& StateWriter::operator&(const T& value) {
  detail::save(*this, const_cast<T&>(value));
  return *this;
}

template <class T>
StateReader& StateReader::operator&(T& value) {
  detail::load(*this, value);
  return *this;
}

}  // namespace hermes
