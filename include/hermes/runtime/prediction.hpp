#pragma once

#include "hermes/core/buffer.hpp"
#include "hermes/data/dataset.hpp"
#include "hermes/data/row_range.hpp"
#include "hermes/runtime/model_store.hpp"

namespace hermes::runtime {

/// What a model says of each of these rows: rows x outputs. The probabilities of the classes
/// (softmax) where it was trained with cross_entropy, else the outputs themselves. Reads a few
/// thousand rows at a time. Throws ConfigError unless the rows have the shape that the model takes,
/// DataError as data::Shard does.
AlignedVector<float> predict(const StoredModel& model, const data::Dataset& dataset,
                             const data::RowSelection& rows);

}  // namespace hermes::runtime
