#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "hermes/core/archive_fields.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/frame.hpp"

/// The fields of one alternative of a variant as bytes. The two archives are Boost.Serialization's
/// trivial kind: they hold the fields alone and, unlike its binary archives, allocate nothing.
namespace hermes::wire {

/// Writes to the end of a header.
class BodyWriter {
 public:
  using is_saving = boost::mpl::true_;
  using is_loading = boost::mpl::false_;

  explicit BodyWriter(HeaderBytes& header) : header_(header) {}

  template <class T>
  BodyWriter& operator&(T& value) {
    if constexpr (PlainNumber<T>) {
      save_binary(&value, sizeof(value));
    } else {
      boost::serialization::serialize_adl(*this, value, 0);
    }
    return *this;
  }
  void save_binary(const void* data, std::size_t bytes) {
    header_.append({static_cast<const std::byte*>(data), bytes});
  }

 private:
  HeaderBytes& header_;
};

/// Reads them back.
class BodyReader : public FieldReader {
 public:
  explicit BodyReader(std::span<const std::byte> bytes) : FieldReader("message body", bytes) {}

  template <class T>
  BodyReader& operator&(T& value) {
    if constexpr (PlainNumber<T>) {
      load_binary(&value, sizeof(value));
    } else {
      boost::serialization::serialize_adl(*this, value, 0);
    }
    return *this;
  }
  void expect_end() const { expect_at_most(0); }
};

template <class Variant>
void append_alternative(const Variant& body, HeaderBytes& header) {
  BodyWriter writer(header);
  // One function serves both directions and takes its object by reference; this one only reads it.
  std::visit([&](auto& alternative) { writer& alternative; }, const_cast<Variant&>(body));
}

template <class Variant, class Alternative>
Variant read_as(std::span<const std::byte> bytes) {
  BodyReader reader(bytes);
  Alternative body;
  reader& body;
  reader.expect_end();
  return body;
}

template <class Variant, std::size_t... kKinds>
constexpr auto readers(std::index_sequence<kKinds...>) {
  using Reader = Variant (*)(std::span<const std::byte>);
  return std::array<Reader, sizeof...(kKinds)>{
      read_as<Variant, std::variant_alternative_t<kKinds, Variant>>...};
}

/// Throws DecodeError unless `kind` is an alternative and `bytes` exactly its fields.
template <class Variant>
Variant read_alternative(std::uint8_t kind, std::span<const std::byte> bytes) {
  static constexpr auto kReaders =
      readers<Variant>(std::make_index_sequence<std::variant_size_v<Variant>>());
  if (kind >= kReaders.size()) {
    throw DecodeError("message header: kind: expected at most " +
                      std::to_string(kReaders.size() - 1) + ", found " + std::to_string(kind));
  }
  return kReaders[kind](bytes);
}

}  // namespace hermes::wire
