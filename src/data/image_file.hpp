#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace hermes::data {

/// A picture: height x width x channels bytes, 1 channel (grey) or 3 (red, green, blue).
struct Image {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t channels = 0;
  std::vector<std::byte> pixels;
};

/// True for names that end in .png, .jpg or .jpeg.
bool is_image_name(const std::filesystem::path& file);

/// Reads a PNG or JPEG file, whichever it is inside. Palettes become colours, 16 bits become 8,
/// what is transparent shows black. Throws DataError: unreadable, damaged, cut off, or more than
/// 64 million pixels (checked before memory is taken). Private to the converters.
Image read_image(const std::filesystem::path& file);

}  // namespace hermes::data
