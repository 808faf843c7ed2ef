#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace hermes::nn {

/// The outputs and labels of a batch, taken apart by sample; shared by the losses.
class BatchOutputs {
 public:
  /// Requires: outputs.size() is a multiple of labels.size(); gradient is empty or as outputs.
  BatchOutputs(std::span<const float> outputs, std::span<const std::int32_t> labels,
               std::span<float> gradient);

  std::size_t batch() const { return labels_.size(); }
  std::size_t classes() const { return classes_; }
  std::span<const float> row(std::size_t sample) const;
  /// Empty where no gradient is wanted.
  std::span<float> gradient_row(std::size_t sample) const;
  /// Checked to be one of the classes.
  std::size_t label(std::size_t sample) const;
  /// The first largest output is that of the label; never so with a NaN among them.
  bool is_correct(std::size_t sample) const;

 private:
  std::span<const float> outputs_;
  std::span<const std::int32_t> labels_;
  std::span<float> gradient_;
  std::size_t classes_;
};

}  // namespace hermes::nn
