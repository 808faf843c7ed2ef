#pragma once

#include <cstddef>

namespace hermes::testing {

/// Calls of operator new in this program so far. Link allocation_counter.cpp, which defines it.
std::size_t allocation_count();
/// What those asked for that wanted an alignment: buffers do, bookkeeping does not.
std::size_t aligned_bytes();

}  // namespace hermes::testing
