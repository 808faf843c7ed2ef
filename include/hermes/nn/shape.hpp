#pragma once

#include <cstddef>
#include <string>

namespace hermes::nn {

/// The shape of one sample as a model file writes it: channels x height x width, or a plain list
/// of features (`flat`). A flattened image is flat but keeps its three extents, so that a dense
/// layer behind it can tell files in which order its inputs are (PyTorch: channels first).
struct Shape {
  std::size_t channels = 0;
  std::size_t height = 1;
  std::size_t width = 1;
  bool flat = false;

  static constexpr Shape image(std::size_t channels, std::size_t height, std::size_t width) {
    return Shape{channels, height, width, false};
  }
  static constexpr Shape features(std::size_t count) { return Shape{count, 1, 1, true}; }

  constexpr Shape flattened() const { return Shape{channels, height, width, true}; }
  constexpr std::size_t size() const { return channels * height * width; }

  friend constexpr bool operator==(const Shape&, const Shape&) = default;
};

/// "3x32x32" (channels x height x width) or "20 features".
std::string to_string(const Shape& shape);

}  // namespace hermes::nn
