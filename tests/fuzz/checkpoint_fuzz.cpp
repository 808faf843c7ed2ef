// A checkpoint (HDF5), all but the states in it (state_fuzz.cpp, run_state_fuzz.cpp). Input: a
// recipe (recipe.hpp), from which the HDF5 library writes a file.

#include "fuzz_target.hpp"
#include "hermes/runtime/checkpoint.hpp"
#include "recipe.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  const fuzz::InputFile file(fuzz::cook(fuzz::text_of(data, size)));
  fuzz::takes([&] { runtime::load_checkpoint(file.path()); });
  return 0;
}
