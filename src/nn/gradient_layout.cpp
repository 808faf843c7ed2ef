#include "gradient_layout.hpp"

#include <algorithm>

#include "hermes/core/assert.hpp"

namespace hermes::nn {
namespace {

/// Runs backward without numbers: who still needs which buffer.
class GradientPlacer {
 public:
  GradientPlacer(const LayerStack& stack, WorkspaceLayout& layout)
      : stack_(stack), layout_(layout), places_(stack.layers.size() + 1) {}

  void run() {
    layout_.gradients.resize(stack_.layers.size());
    layout_.output_gradient = find_free();
    deliver(stack_.layers.size(), layout_.output_gradient);
    for (std::size_t i = stack_.layers.size(); i-- > 0;) {
      if (stack_.needs_gradient[i + 1]) {
        place(i);
      }
    }
    layout_.gradient_buffers = users_.size();
  }

 private:
  void place(std::size_t index) {
    const StackedLayer& stacked = stack_.layers[index];
    const std::size_t dy = *places_[index + 1];
    if (!stack_.wants_input_gradient(stacked)) {
      --users_[dy];
      return;
    }
    const OutputStorage storage = stacked.layer->output_storage();
    const bool is_over =
        storage == OutputStorage::View || (storage == OutputStorage::InPlace && users_[dy] == 1);
    GradientStep& step = layout_.gradients[index];
    const std::size_t dx = is_over ? dy : find_free();
    step.buffer = is_over ? std::nullopt : std::optional(dx);
    --users_[dy];
    if (stack_.needs_gradient[stacked.from]) {
      step.sum = deliver(stacked.from, dx);
    }
    if (stacked.beside && stack_.needs_gradient[*stacked.beside]) {
      step.sum_beside = deliver(*stacked.beside, dx);
    }
  }

  /// The gradient of an activation, or a part of it, is in this buffer. Returns where it must be
  /// added to an earlier part: never where somebody else still reads.
  std::optional<std::size_t> deliver(std::size_t activation, std::size_t buffer) {
    std::optional<std::size_t>& place = places_[activation];
    std::optional<std::size_t> sum;
    if (place) {
      sum = users_[buffer] == 0 ? buffer : users_[*place] == 1 ? *place : find_free();
      --users_[*place];
    }
    place = sum.value_or(buffer);
    ++users_[*place];
    return sum;
  }

  std::size_t find_free() {
    const auto free = std::ranges::find(users_, 0U);
    const auto index = static_cast<std::size_t>(free - users_.begin());
    if (free == users_.end()) {
      users_.push_back(0);
    }
    return index;
  }

  const LayerStack& stack_;
  WorkspaceLayout& layout_;
  std::vector<std::optional<std::size_t>> places_;  // of activations' gradients
  std::vector<std::size_t> users_;                  // activations whose gradient a buffer holds
};

}  // namespace

void place_gradients(const LayerStack& stack, WorkspaceLayout& layout) {
  GradientPlacer(stack, layout).run();
}

}  // namespace hermes::nn
