#pragma once

namespace hermes {

/// Version of the program; ranks of one run must agree on it.
inline constexpr const char* kProgramVersion = HERMES_VERSION;

}  // namespace hermes
