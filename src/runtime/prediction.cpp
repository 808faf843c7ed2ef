#include "hermes/runtime/prediction.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "hermes/data/shard.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/runtime/run_inputs.hpp"

namespace hermes::runtime {
namespace {

constexpr std::uint64_t kRowsAtOnce = 8192;
constexpr std::uint32_t kBatch = 64;

void softmax(std::span<float> values) {
  const float largest = *std::ranges::max_element(values);
  double sum = 0.0;
  for (const float value : values) {
    sum += std::exp(static_cast<double>(value) - largest);
  }
  for (float& value : values) {
    value = static_cast<float>(std::exp(static_cast<double>(value) - largest) / sum);
  }
}

/// Outputs of the loaded rows, appended.
void run(nn::Network& network, const data::Shard& rows, AlignedVector<float>& outputs) {
  std::vector<float> x(kBatch * network.input_size());
  TargetBuffer targets(rows.info().target_columns);
  targets.resize(kBatch);
  std::vector<std::uint32_t> indices(kBatch);
  for (std::uint32_t first = 0; first < rows.row_count(); first += kBatch) {
    const std::size_t count = std::min(kBatch, rows.row_count() - first);
    std::iota(indices.begin(), indices.end(), first);
    const std::span<float> batch(x.data(), count * network.input_size());
    rows.fill_batch(std::span(indices).first(count), batch, targets.rows(0, count));
    const std::span<const float> y = network.forward(batch, count, nn::Mode::Inference);
    outputs.insert(outputs.end(), y.begin(), y.end());
  }
}

}  // namespace

AlignedVector<float> predict(const StoredModel& model, const data::Dataset& dataset,
                             const data::RowSelection& rows) {
  check_shapes(model.spec, dataset.info());
  nn::Network network(model.spec, kBatch);
  network.set_parameters(model.parameters);
  const std::size_t columns = network.output_size();
  data::Shard piece(dataset, static_cast<std::uint32_t>(columns));
  AlignedVector<float> outputs;
  outputs.reserve(rows.row_count() * columns);
  for (const data::RowRange& range : rows.ranges) {
    for (std::uint64_t done = 0; done < range.count; done += kRowsAtOnce) {
      const std::uint64_t count = std::min(kRowsAtOnce, range.count - done);
      piece.load({rows.split, {{range.first + done, count}}});
      run(network, piece, outputs);
    }
  }
  if (model.loss == LossKind::CrossEntropy) {
    for (std::size_t first = 0; first < outputs.size(); first += columns) {
      softmax(std::span(outputs).subspan(first, columns));
    }
  }
  return outputs;
}

}  // namespace hermes::runtime
