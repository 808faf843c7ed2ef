#include "convolution.hpp"

#include "direct.hpp"
#include "winograd.hpp"

namespace hermes::nn {

std::unique_ptr<Convolution> make_convolution(const ConvolutionGeometry& geometry) {
  return winograd_pays(geometry) ? make_winograd_convolution(geometry)
                                 : make_direct_convolution(geometry);
}

}  // namespace hermes::nn
