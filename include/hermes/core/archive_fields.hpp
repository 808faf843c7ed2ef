#pragma once

#include <boost/mpl/bool.hpp>
#include <boost/serialization/serialization.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include "hermes/core/error.hpp"
#include "hermes/core/id.hpp"
#include "hermes/core/time.hpp"

/// What every list of fields is made of, on the wire and in a checkpoint. A type says once which
/// fields it has, in which order: `serialize(archive, object, version)` as Boost.Serialization
/// finds it, for both directions. Plain numbers go through an archive as they are; enumerators,
/// truth values and texts are checked on the way in (DecodeError).
namespace hermes {

template <class T>
concept PlainNumber = std::floating_point<T> ||
    (std::integral<T> && !std::same_as<std::remove_cv_t<T>, bool>);

/// What archives that read have in common: a span, and how much of it is left. Throws DecodeError.
class FieldReader {
 public:
  using is_saving = boost::mpl::false_;
  using is_loading = boost::mpl::true_;

  void load_binary(void* data, std::size_t bytes) {
    if (bytes > rest_.size()) {
      throw DecodeError(std::string(what_) + ": ends early, at " + std::to_string(all_.size()) +
                        " bytes");
    }
    if (bytes > 0) {
      std::memcpy(data, rest_.data(), bytes);
    }
    rest_ = rest_.subspan(bytes);
  }
  std::size_t left() const { return rest_.size(); }

 protected:
  /// `what`: begins the messages; it must outlive this.
  FieldReader(const char* what, std::span<const std::byte> bytes)
      : what_(what), all_(bytes), rest_(bytes) {}

  void expect_at_most(std::size_t bytes) const {
    if (rest_.size() > bytes) {
      throw DecodeError(std::string(what_) + ": expected its end after " +
                        std::to_string(all_.size() - rest_.size()) + " bytes, found " +
                        std::to_string(rest_.size()) + " more");
    }
  }

 private:
  const char* what_;
  std::span<const std::byte> all_;
  std::span<const std::byte> rest_;
};

/// Texts that a peer sends (a version, the detail of a Stop) are cut to this length.
inline constexpr std::size_t kTextBytesMax = 256;

template <class Archive, class... Values>
void fields(Archive& archive, Values&... values) {
  (static_cast<void>(archive & values), ...);
}

template <class Archive, class Enum>
void enumerator(Archive& archive, Enum& value, Enum last, const char* field) {
  auto code = static_cast<std::uint8_t>(value);
  archive& code;
  if constexpr (Archive::is_loading::value) {
    if (code > static_cast<std::uint8_t>(last)) {
      throw DecodeError(std::string("message body: ") + field + ": expected at most " +
                        std::to_string(static_cast<int>(last)) + ", found " + std::to_string(code));
    }
    value = static_cast<Enum>(code);
  }
}

template <class Archive>
void truth(Archive& archive, bool& value, const char* field) {
  std::uint8_t code = value ? 1 : 0;
  archive& code;
  if constexpr (Archive::is_loading::value) {
    if (code > 1) {
      throw DecodeError(std::string("message body: ") + field + ": expected 0 or 1, found " +
                        std::to_string(code));
    }
    value = code == 1;
  }
}

/// The length of a text that is cut to `kTextBytesMax`, not inside a UTF-8 character.
inline std::size_t cut_length(const std::string& text) {
  if (text.size() <= kTextBytesMax) {
    return text.size();
  }
  std::size_t length = kTextBytesMax;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) {
    --length;
  }
  return length;
}

template <class Archive>
void text(Archive& archive, std::string& value, const char* field) {
  auto length = static_cast<std::uint16_t>(cut_length(value));
  archive& length;
  if constexpr (Archive::is_loading::value) {
    if (length > kTextBytesMax) {
      throw DecodeError(std::string("message body: ") + field + ": expected at most " +
                        std::to_string(kTextBytesMax) + " bytes, found " + std::to_string(length));
    }
    value.resize(length);
    archive.load_binary(value.data(), length);
  } else {
    archive.save_binary(value.data(), length);
  }
}

}  // namespace hermes

namespace boost::serialization {

template <class Archive, class Tag, class Rep>
void serialize(Archive& archive, hermes::Id<Tag, Rep>& id, unsigned) {
  archive& id.value;
}

template <class Archive>
void serialize(Archive& archive, hermes::Duration& duration, unsigned) {
  double value = duration.count();
  archive& value;
  duration = hermes::seconds(value);
}

template <class Archive>
void serialize(Archive& archive, hermes::Instant& instant, unsigned) {
  double value = instant.time_since_epoch().count();
  archive& value;
  instant = hermes::at_seconds(value);
}

}  // namespace boost::serialization
