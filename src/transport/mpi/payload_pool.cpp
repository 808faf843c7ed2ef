#include "transport/mpi/payload_pool.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include "hermes/core/buffer.hpp"

namespace hermes::transport {

namespace {

/// Not a vector: the memory must not be filled with zeros first.
class Block {
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

}  // namespace

struct PayloadPool::FreeList {
  explicit FreeList(std::size_t bytes) : buffer_bytes(bytes) {}

  std::size_t buffer_bytes;
  std::mutex mutex;
  std::vector<std::unique_ptr<Block>> blocks;
};

PayloadPool::PayloadPool(std::size_t buffer_bytes)
    : free_(std::make_shared<FreeList>(buffer_bytes)) {}

std::shared_ptr<std::byte> PayloadPool::acquire() {
  std::unique_ptr<Block> block;
  {
    const std::lock_guard lock(free_->mutex);
    if (!free_->blocks.empty()) {
      block = std::move(free_->blocks.back());
      free_->blocks.pop_back();
    }
  }
  if (!block) {
    block = std::make_unique<Block>(free_->buffer_bytes);
  }
  const auto give_back = [free = free_](Block* returned) {
    std::unique_ptr<Block> owned(returned);
    const std::lock_guard lock(free->mutex);
    free->blocks.push_back(std::move(owned));
  };
  const std::shared_ptr<Block> owner(block.release(), give_back);
  return {owner, owner->data()};
}

}  // namespace hermes::transport
