#pragma once

#include <array>
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <streambuf>
#include <string>
#include <utility>
#include <variant>

#include "hermes/core/buffer.hpp"
#include "hermes/core/error.hpp"

/// The fields of one alternative of a variant as bytes: one Boost binary archive without header or
/// class records. The alternatives have `serialize` functions.
namespace hermes::wire {

inline constexpr unsigned kArchiveFlags = boost::archive::no_header | boost::archive::no_codecvt;

/// Writes to the end of a byte vector.
class AppendBuffer final : public std::streambuf {
 public:
  explicit AppendBuffer(Bytes& bytes) : bytes_(bytes) {}

 private:
  std::streamsize xsputn(const char* data, std::streamsize count) override {
    const auto source = std::as_bytes(std::span(data, static_cast<std::size_t>(count)));
    bytes_.insert(bytes_.end(), source.begin(), source.end());
    return count;
  }
  int_type overflow(int_type character) override {
    bytes_.push_back(static_cast<std::byte>(character));
    return character;
  }

  Bytes& bytes_;
};

/// Reads a span and knows how much of it is left.
class SpanBuffer final : public std::streambuf {
 public:
  explicit SpanBuffer(std::span<const std::byte> bytes) {
    // std::streambuf has no constant get area; nothing writes to it.
    char* begin = const_cast<char*>(reinterpret_cast<const char*>(bytes.data()));
    setg(begin, begin, begin + bytes.size());
  }
  std::size_t rest() const { return static_cast<std::size_t>(egptr() - gptr()); }
};

template <class Variant>
void append_alternative(const Variant& body, Bytes& bytes) {
  AppendBuffer buffer(bytes);
  boost::archive::binary_oarchive archive(buffer, kArchiveFlags);
  std::visit([&](const auto& alternative) { archive << alternative; }, body);
}

template <class Variant, class Alternative>
Variant read_as(std::span<const std::byte> bytes) {
  SpanBuffer buffer(bytes);
  Alternative body;
  try {
    boost::archive::binary_iarchive archive(buffer, kArchiveFlags);
    archive >> body;
  } catch (const boost::archive::archive_exception&) {
    throw DecodeError("message body: ends early, at " + std::to_string(bytes.size()) + " bytes");
  }
  if (buffer.rest() > 0) {
    throw DecodeError("message body: expected its end after " +
                      std::to_string(bytes.size() - buffer.rest()) + " bytes, found " +
                      std::to_string(buffer.rest()) + " more");
  }
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
