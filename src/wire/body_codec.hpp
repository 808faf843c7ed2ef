#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "hermes/core/frame.hpp"
#include "hermes/protocol/message.hpp"

/// The structured part of a message: its fields in the order of hermes/protocol/message_fields.hpp
/// and nothing else.
namespace hermes::wire {

/// Appends the body's bytes.
void append_body(const protocol::MessageBody& body, HeaderBytes& header);

/// Throws DecodeError unless `kind` is an alternative of the body and `bytes` exactly its fields.
protocol::MessageBody read_body(std::uint8_t kind, std::span<const std::byte> bytes);

}  // namespace hermes::wire
