#include "hermes/runtime/evaluator.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <utility>

#include "hermes/core/assert.hpp"

namespace hermes::runtime {

std::uint32_t Evaluator::slice_rows(const nn::Network& network) {
  constexpr std::uint64_t kFlops = 32'000'000;  // 2 ms at 16 GFLOP/s
  const std::uint64_t rows = kFlops / std::max<std::uint64_t>(network.flops().forward, 1);
  return std::bit_floor(static_cast<std::uint32_t>(std::clamp<std::uint64_t>(rows, 1, kBatch)));
}

Evaluator::Evaluator(nn::Network& network, nn::LossSpec loss, const data::Shard& rows)
    : network_(network),
      loss_(std::move(loss)),
      rows_(rows),
      slice_rows_(slice_rows(network)),
      x_(kBatch * network.input_size()),
      targets_(rows.info().target_columns),
      indices_(kBatch),
      gradient_(kBatch * network.output_size()),
      flops_per_row_(static_cast<double>(network.flops().forward)) {
  HERMES_ASSERT(network.batch_max() >= kBatch, "evaluator: the network's batch is too small");
  targets_.resize(kBatch);
}

void Evaluator::start() {
  next_ = 0;
  rows_before_ = 0;
  loss_sum_ = 0.0;
  correct_ = 0;
}

void Evaluator::go_on() {
  rows_before_ += next_;
  next_ = 0;
}

bool Evaluator::advance() {
  const std::uint32_t count = std::min(slice_rows_, rows_.row_count() - next_);
  if (count > 0) {
    const std::span<std::uint32_t> indices(indices_.data(), count);
    std::iota(indices.begin(), indices.end(), next_);
    const std::span<float> x(x_.data(), count * network_.input_size());
    rows_.fill_batch(indices, x, targets_.rows(0, count));
    const std::span<const float> outputs = network_.forward(x, count, nn::Mode::Inference);
    const nn::LossResult batch =
        nn::evaluate(loss_, outputs, std::as_const(targets_).rows(0, count),
                     std::span<float>(gradient_.data(), outputs.size()));
    loss_sum_ += batch.mean_loss * count;
    correct_ += batch.correct;
    next_ += count;
    flops_ += flops_per_row_ * count;
  }
  return next_ == rows_.row_count();
}

EvaluationResult Evaluator::run() {
  start();
  while (!advance()) {
  }
  return result();
}

EvaluationResult Evaluator::result() const {
  const auto rows = static_cast<double>(std::max<std::uint64_t>(rows_before_ + next_, 1));
  return {loss_sum_ / rows, rows_.info().has_labels() ? static_cast<double>(correct_) / rows
                                                      : std::numeric_limits<double>::quiet_NaN()};
}

}  // namespace hermes::runtime
