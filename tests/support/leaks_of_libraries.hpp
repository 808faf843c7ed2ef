#pragma once

/// While one lives, what is allocated is no leak to the address sanitizer: HDF5 1.10 loses memory
/// where a file is damaged, which is not ours to mend.
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>

namespace hermes::test {
using LeaksOfLibraries = __lsan::ScopedDisabler;
}  // namespace hermes::test
#else
namespace hermes::test {
struct LeaksOfLibraries {
  LeaksOfLibraries() {}  // NOLINT(modernize-use-equals-default): else it is an unused variable
};
}  // namespace hermes::test
#endif
