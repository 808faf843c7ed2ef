#include "hermes/nn/shape.hpp"

namespace hermes::nn {

std::string to_string(const Shape& shape) {
  if (shape.flat) {
    return std::to_string(shape.size()) + " features";
  }
  return std::to_string(shape.channels) + "x" + std::to_string(shape.height) + "x" +
         std::to_string(shape.width);
}

}  // namespace hermes::nn
