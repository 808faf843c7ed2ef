// A stored model (HDF5). Input: a recipe (recipe.hpp), from which the HDF5 library writes a file.

#include "fuzz_target.hpp"
#include "hermes/runtime/model_store.hpp"
#include "recipe.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  const fuzz::InputFile file(fuzz::cook(fuzz::text_of(data, size)));
  fuzz::takes([&] { runtime::load_model(file.path()); });
  return 0;
}
