#include "convolution.hpp"

#include "direct_convolution.hpp"
#include "winograd.hpp"

namespace hermes::nn {

std::unique_ptr<Convolution> make_convolution(const ConvolutionGeometry& geometry) {
  if (winograd_pays(geometry)) {
    return make_winograd_convolution(geometry);
  }
  return std::make_unique<DirectConvolution>(geometry);
}

}  // namespace hermes::nn
