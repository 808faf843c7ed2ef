#pragma once

#include <string>

#include "hermes/data/dataset.hpp"
#include "hermes/data/row_range.hpp"

namespace hermes::cli {

/// All rows of "train", "validation" or "test". Throws DataError when there are none.
data::RowSelection rows_of(const data::Dataset& dataset, const std::string& name);

}  // namespace hermes::cli
