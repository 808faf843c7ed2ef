#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace hermes::transport {

/// 64-byte aligned buffers of one size for received payloads. A buffer comes back when its last
/// reader, in whatever thread, lets go of it; it may outlive the pool.
class PayloadPool {
 public:
  explicit PayloadPool(std::size_t buffer_bytes) : buffer_bytes_(buffer_bytes) {}

  /// A buffer with unspecified content.
  std::shared_ptr<std::byte> acquire();

 private:
  class Block;
  std::size_t buffer_bytes_;
  std::vector<std::shared_ptr<Block>> blocks_;
};

}  // namespace hermes::transport
