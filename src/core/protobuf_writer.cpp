#include "hermes/core/protobuf_writer.hpp"

#include <bit>

namespace hermes {
namespace {

constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kFixed64 = 1;
constexpr std::uint32_t kLengthDelimited = 2;
constexpr std::uint32_t kFixed32 = 5;

}  // namespace

void ProtobufWriter::add_integer(std::uint32_t field, std::int64_t value) {
  add_tag(field, kVarint);
  add_varint(static_cast<std::uint64_t>(value));
}

void ProtobufWriter::add_float(std::uint32_t field, float value) {
  add_tag(field, kFixed32);
  const auto bits = std::bit_cast<std::uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) {
    bytes_.push_back(static_cast<char>(bits >> shift));
  }
}

void ProtobufWriter::add_double(std::uint32_t field, double value) {
  add_tag(field, kFixed64);
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 0; shift < 64; shift += 8) {
    bytes_.push_back(static_cast<char>(bits >> shift));
  }
}

void ProtobufWriter::add_text(std::uint32_t field, std::string_view text) {
  add_tag(field, kLengthDelimited);
  add_varint(text.size());
  bytes_.append(text);
}

void ProtobufWriter::add_bytes(std::uint32_t field, std::span<const std::byte> bytes) {
  add_text(field, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void ProtobufWriter::add_message(std::uint32_t field, const ProtobufWriter& message) {
  add_text(field, message.bytes_);
}

void ProtobufWriter::add_tag(std::uint32_t field, std::uint32_t wire_type) {
  add_varint(std::uint64_t{field} << 3 | wire_type);
}

void ProtobufWriter::add_varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    bytes_.push_back(static_cast<char>(value | 0x80));
  }
  bytes_.push_back(static_cast<char>(value));
}

}  // namespace hermes
