#include "transport/mpi/payload_pool.hpp"

#include "hermes/core/buffer.hpp"
#include "hermes/core/reuse.hpp"

namespace hermes::transport {

/// Not a vector: the memory must not be filled with zeros first.
class PayloadPool::Block {
 public:
  explicit Block(std::size_t bytes) : bytes_(bytes), data_(allocator_.allocate(bytes)) {}
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() { allocator_.deallocate(data_, bytes_); }

  std::byte* data() { return data_; }

 private:
  AlignedAllocator<std::byte> allocator_;
  std::size_t bytes_;
  std::byte* data_;
};

std::shared_ptr<std::byte> PayloadPool::acquire() {
  const std::shared_ptr<Block> block =
      unshared(blocks_, [this] { return std::make_shared<Block>(buffer_bytes_); });
  return {block, block->data()};
}

}  // namespace hermes::transport
