#pragma once

#include <string>

namespace hermes::nn {

/// The matrix library behind dense and convolution layers, for logs and `hermes doctor`.
struct BlasDescription {
  std::string config;  ///< version and build options
  std::string core;    ///< the CPU whose kernels it uses, for instance "Haswell", "SkylakeX"
  int threads = 1;
};

BlasDescription blas_description();

/// Threads that matrix products of this process may use (at least 1). Affects the whole process.
void set_blas_threads(int threads);

}  // namespace hermes::nn
