#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace hermes {

/// One message in the wire format of Protocol Buffers, field after field, for formats that need few
/// of them. Field numbers are the caller's; a repeated field is added once for each value.
class ProtobufWriter {
 public:
  void add_integer(std::uint32_t field, std::int64_t value);
  void add_float(std::uint32_t field, float value);
  void add_double(std::uint32_t field, double value);
  void add_text(std::uint32_t field, std::string_view text);
  void add_bytes(std::uint32_t field, std::span<const std::byte> bytes);
  void add_message(std::uint32_t field, const ProtobufWriter& message);

  const std::string& bytes() const { return bytes_; }

 private:
  void add_varint(std::uint64_t value);
  void add_tag(std::uint32_t field, std::uint32_t wire_type);

  std::string bytes_;
};

}  // namespace hermes
