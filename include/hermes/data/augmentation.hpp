#pragma once

#include <cstdint>
#include <span>

#include "hermes/core/random.hpp"
#include "hermes/data/dataset.hpp"

namespace hermes::data {

/// How training pictures are changed at random, anew each time they train, so that a network learns
/// what does not matter. As it stands: not at all.
struct Augmentation {
  bool flip = false;               ///< left to right, one picture in two
  std::uint32_t crop_padding = 0;  ///< pixels by which a picture moves at most, each way

  bool is_on() const { return flip || crop_padding > 0; }
  friend bool operator==(const Augmentation&, const Augmentation&) = default;
};

/// Changes the pictures of mini-batches where they lie. Nothing but its stream is remembered, so
/// the stream in a checkpoint makes the same pictures again. Single-threaded; does not allocate.
///
/// Draws of a picture, in this order: with crop_padding p two numbers below 2p + 1, the top and
/// left edge of the part that is cut out of the picture with p zeros around it (these are zeros of
/// the normalised picture, as a convolution's padding is); with flip a number below 2, where 1
/// turns what was cut out.
class Augmenter {
 public:
  /// Requires: an image, crop_padding below its height and width.
  Augmenter(const Augmentation& augmentation, const FeatureShape& shape,
            const RandomStream& stream);

  /// `pictures`: any number of them, height x width x channels each.
  void apply(std::span<float> pictures);

  const RandomStream& stream() const { return stream_; }
  void set_stream(const RandomStream& stream) { stream_ = stream; }

 private:
  Augmentation augmentation_;
  FeatureShape shape_;
  RandomStream stream_;
};

}  // namespace hermes::data
