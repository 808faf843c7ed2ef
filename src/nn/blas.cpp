#include "hermes/nn/blas.hpp"

#include <cblas.h>

#include "hermes/core/assert.hpp"

namespace hermes::nn {

BlasDescription blas_description() {
  return {openblas_get_config(), openblas_get_corename(), openblas_get_num_threads()};
}

void set_blas_threads(int threads) {
  HERMES_ASSERT(threads >= 1, "set_blas_threads: needs at least one");
  openblas_set_num_threads(threads);
}

}  // namespace hermes::nn
