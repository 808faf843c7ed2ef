// A data set (HDF5). Input: a recipe (recipe.hpp), from which the HDF5 library writes a file.

#include <algorithm>

#include "fuzz_target.hpp"
#include "hermes/data/dataset.hpp"
#include "hermes/data/describe.hpp"
#include "recipe.hpp"

namespace {

/// Rows as a run reads them, some at a time.
void read_rows(const hermes::data::Dataset& dataset, hermes::data::Split split) {
  constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 20;
  const hermes::data::DatasetInfo& info = dataset.info();
  const std::uint64_t rows =
      std::min(info.row_count(split),
               std::max<std::uint64_t>(1, kBytesMax / (info.row_bytes() + info.target_bytes())));
  std::vector<std::byte> features(rows * info.row_bytes());
  hermes::TargetBuffer targets(info.target_columns);
  targets.resize(rows);
  if (rows > 0) {
    dataset.read_features(split, {0, rows}, features);
    dataset.read_targets(split, {info.row_count(split) - rows, rows}, targets.rows(0, rows), 0);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  const fuzz::InputFile file(fuzz::cook(fuzz::text_of(data, size)));
  fuzz::takes([&] {
    const data::Dataset dataset(file.path());
    fuzz::takes([&] { read_rows(dataset, data::Split::Train); });
    fuzz::takes([&] { read_rows(dataset, data::Split::Validation); });
    fuzz::takes([&] { read_rows(dataset, data::Split::Test); });
    dataset.check_values(dataset.info().has_labels() ? dataset.class_count() : 0);
  });
  return 0;
}
