#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "hermes/nn/layer_spec.hpp"

namespace hermes::nn::testing {

/// Runs one layer outside of a network, on contiguous NHWC vectors. Inside, its tensors get halos
/// of odd sizes full of traps: the output's must be left alone, and those of gradients are NaN, so
/// that a layer which reads what it must not read shows it.
class LayerHarness {
 public:
  LayerHarness(const LayerSpec& spec, const Shape& input, std::size_t batch);

  Layer& layer() { return *layer_; }
  std::size_t batch() const { return batch_; }
  std::size_t input_size() const { return batch_ * input_.size(); }
  std::size_t output_size() const { return batch_ * layer_->output_shape().size(); }

  std::vector<float> forward(const std::vector<float>& x, Mode mode = Mode::Training);
  /// Of the last forward; fills `gradients` and returns dx.
  std::vector<float> backward(const std::vector<float>& dy);

  std::vector<float> parameters;  ///< zero at first
  std::vector<float> gradients;
  std::vector<float> statistics;  ///< as they start
  bool accumulates = false;
  RandomStream random{1, RandomPurpose::Test};

 private:
  LayerContext context(Mode mode);

  Shape input_;
  std::size_t batch_;
  std::unique_ptr<Layer> layer_;
  std::vector<float> x_;
  std::vector<float> y_;
  std::vector<float> scratch_;
  std::vector<std::byte> saved_;
};

}  // namespace hermes::nn::testing
