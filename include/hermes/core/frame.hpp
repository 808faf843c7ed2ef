#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "hermes/core/buffer.hpp"

namespace hermes {

/// Immutable bytes and whoever keeps them alive. Cheap to copy; empty by default.
struct SharedBytes {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};

/// A message as bytes: a small header and, where there is one, a large block beside it.
/// `wire` makes and reads frames, `transport` moves them; neither copies the payload.
struct Frame {
  Bytes header;
  SharedBytes payload;
};

}  // namespace hermes
