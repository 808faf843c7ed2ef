#pragma once

#include <cstddef>

namespace hermes::runtime::test {

/// Calls of operator new in this program so far. Link allocation_counter.cpp, which defines it.
std::size_t allocation_count();

}  // namespace hermes::runtime::test
