#include "hermes/core/parameters.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "hermes/core/assert.hpp"

namespace hermes {

struct ParameterPool::FreeList {
  std::mutex mutex;
  std::vector<std::unique_ptr<AlignedVector<float>>> buffers;
};

ParameterPool::ParameterPool(std::size_t size) : size_(size), free_(std::make_shared<FreeList>()) {}
ParameterPool::~ParameterPool() = default;
ParameterPool::ParameterPool(ParameterPool&&) noexcept = default;
ParameterPool& ParameterPool::operator=(ParameterPool&&) noexcept = default;

AlignedVector<float> ParameterPool::acquire() {
  {
    const std::lock_guard lock(free_->mutex);
    if (!free_->buffers.empty()) {
      AlignedVector<float> buffer = std::move(*free_->buffers.back());
      free_->buffers.pop_back();
      return buffer;
    }
  }
  return AlignedVector<float>(size_);
}

SharedParameters ParameterPool::seal(AlignedVector<float> buffer) {
  HERMES_ASSERT(buffer.size() == size_, "parameter pool: buffer of another size");
  auto give_back = [free = free_](AlignedVector<float>* block) {
    std::unique_ptr<AlignedVector<float>> owned(block);
    const std::lock_guard lock(free->mutex);
    free->buffers.push_back(std::move(owned));
  };
  std::shared_ptr<AlignedVector<float>> owner(new AlignedVector<float>(std::move(buffer)),
                                              std::move(give_back));
  const std::span<const float> values(*owner);
  return {std::move(owner), values};
}

SharedParameters ParameterPool::copy_of(std::span<const float> values) {
  AlignedVector<float> buffer = acquire();
  HERMES_ASSERT(values.size() == size_, "parameter pool: values of another size");
  std::copy(values.begin(), values.end(), buffer.begin());
  return seal(std::move(buffer));
}

}  // namespace hermes
