// What h5py_test.py asks of the library: rows of a data set as text, or a tensor file to read.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "hermes/data/shard.hpp"
#include "hermes/data/tensor_file.hpp"

namespace hermes::data {
namespace {

void print_rows(const char* path, std::uint64_t first, std::uint64_t count) {
  const Dataset dataset(path);
  dataset.check_values(dataset.class_count());
  Shard shard(dataset, dataset.class_count());
  shard.load({Split::Train, {{first, count}}});
  const std::size_t row_size = dataset.info().features.size();
  for (std::uint32_t i = 0; i < shard.row_count(); ++i) {
    std::vector<float> x(row_size);
    std::int32_t label = 0;
    shard.fill_batch({&i, 1}, x, std::span(&label, 1));
    std::printf("%d", label);
    for (const float value : x) {
      std::printf(" %.9g", static_cast<double>(value));
    }
    std::printf("\n");
  }
  for (const std::string& name : dataset.info().class_names) {
    std::printf("class %s\n", name.c_str());
  }
}

void write_tensors(const char* path) {
  const std::vector<float> weight{0, 1, 2, 3, 4, 5};
  const std::vector<float> step{7};
  const std::vector<TensorView> tensors{{"conv1/weight", {2, 3}, weight}, {"step", {}, step}};
  write_tensor_file(path, tensors,
                    {{"name", std::string("größe")},
                     {"round", std::int64_t{5}},
                     {"loss", 0.25},
                     {"window", std::vector<double>{1.5, 2.5}}});
}

}  // namespace
}  // namespace hermes::data

int main(int argc, char** argv) {
  try {
    if (argc == 5 && std::string(argv[1]) == "rows") {
      hermes::data::print_rows(argv[2], std::strtoull(argv[3], nullptr, 10),
                               std::strtoull(argv[4], nullptr, 10));
      return 0;
    }
    if (argc == 3 && std::string(argv[1]) == "tensors") {
      hermes::data::write_tensors(argv[2]);
      return 0;
    }
    std::fprintf(stderr, "usage: h5py_probe rows FILE FIRST COUNT | tensors FILE\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return 1;
}
