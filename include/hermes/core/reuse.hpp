#pragma once

#include <memory>
#include <vector>

namespace hermes {

/// An object of the pool that nobody else refers to; a new one, which the pool keeps, when all are
/// in use. Object and reference count are used again together, so in steady state nothing is
/// allocated. Weak pointers must not tell such objects apart: an object may be another one's
/// successor under the same count.
///
/// One thread takes; any may let go of what it was given. Copying the pointer reads and writes its
/// count, so that what the last holder did with the object, in whatever thread, is over.
template <class T, class Make>
std::shared_ptr<T> unshared(std::vector<std::shared_ptr<T>>& pool, Make make) {
  for (const std::shared_ptr<T>& object : pool) {
    if (object.use_count() == 1) {
      return object;
    }
  }
  return pool.emplace_back(make());
}

}  // namespace hermes
