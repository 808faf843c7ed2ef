#include "hermes/core/parameters.hpp"

#include <algorithm>

#include "hermes/core/assert.hpp"
#include "hermes/core/reuse.hpp"

namespace hermes {

ParameterBuffer ParameterPool::acquire() {
  return ParameterBuffer(
      unshared(blocks_, [this] { return std::make_shared<AlignedVector<float>>(size_); }));
}

SharedParameters ParameterPool::copy_of(std::span<const float> values) {
  HERMES_ASSERT(values.size() == size_, "parameter pool: values of another size");
  ParameterBuffer buffer = acquire();
  std::copy(values.begin(), values.end(), buffer.values().begin());
  return std::move(buffer).seal();
}

}  // namespace hermes
