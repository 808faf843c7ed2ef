#include "split_rows.hpp"

#include "hermes/core/error.hpp"

namespace hermes::cli {

data::RowSelection rows_of(const data::Dataset& dataset, const std::string& name) {
  const data::Split split = name == "test"    ? data::Split::Test
                            : name == "train" ? data::Split::Train
                                              : data::Split::Validation;
  const std::uint64_t rows = dataset.info().row_count(split);
  if (rows == 0) {
    throw DataError(dataset.info().path.string() + ": expected rows in /" + name + ", found none");
  }
  return {split, {{0, rows}}};
}

}  // namespace hermes::cli
