#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "hermes/core/simd.hpp"

namespace hermes::nn {

/// The matrix library behind dense and convolution layers, for logs and `hermes --version`.
struct BlasDescription {
  std::string config;  ///< version and build options
  std::string core;    ///< the CPU whose kernels it uses, for instance "Haswell", "SkylakeX"
  int threads = 1;
};

BlasDescription blas_description();

/// The kernels that OpenBLAS should take instead of those that it has taken, as a value for its
/// variable OPENBLAS_CORETYPE; none where they are right. It falls back to older ones on processors
/// that it does not know, which may cost half the speed.
///
/// `processor` is the best instruction set of this machine; `asked` the user's OPENBLAS_CORETYPE,
/// which always stands. Kernels of unknown names stand, too: a later OpenBLAS knows best.
std::optional<std::string> better_blas_core(const BlasDescription& found, SimdTarget processor,
                                            const std::optional<std::string>& asked);

/// Threads that matrix products of this process may use (at least 1). Affects the whole process.
void set_blas_threads(int threads);

}  // namespace hermes::nn
