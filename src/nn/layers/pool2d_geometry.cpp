#include "pool2d_geometry.hpp"

#include <string>

#include "../spec_check.hpp"
#include "hermes/core/error.hpp"

namespace hermes::nn {
namespace {

// Window positions are remembered in 16 bits.
constexpr std::size_t kWindowMax = 255;

}  // namespace

Pool2dGeometry make_pool2d_geometry(std::size_t size, std::optional<std::size_t> stride,
                                    const Shape& input) {
  require_in_range("size", size, 1, kWindowMax);
  require_in_range("stride", stride.value_or(size), 1, kTensorSizeMax);
  require_image(input);
  if (size > input.height || size > input.width) {
    const std::string side = std::to_string(size);
    throw ConfigError("size: expected a window of at most the input " + to_string(input) +
                      " (channels x height x width), found " + side + "x" + side);
  }
  const std::size_t step = stride.value_or(size);
  const Shape output = Shape::image(input.channels, (input.height - size) / step + 1,
                                    (input.width - size) / step + 1);
  return {size, step, input, output};
}

}  // namespace hermes::nn
