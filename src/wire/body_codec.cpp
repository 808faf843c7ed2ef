#include "wire/body_codec.hpp"

#include "hermes/protocol/message_fields.hpp"
#include "wire/body_archive.hpp"

namespace hermes::wire {

void append_body(const protocol::MessageBody& body, HeaderBytes& header) {
  append_alternative(body, header);
}

protocol::MessageBody read_body(std::uint8_t kind, std::span<const std::byte> bytes) {
  return read_alternative<protocol::MessageBody>(kind, bytes);
}

}  // namespace hermes::wire
