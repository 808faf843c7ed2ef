// Weights in the safetensors format; what is read survives being written and read again.

#include "fuzz_target.hpp"
#include "hermes/runtime/safetensors.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  const fuzz::InputFile file(fuzz::text_of(data, size));
  fuzz::takes([&] {
    const auto tensors = runtime::read_safetensors(file.path());
    std::vector<data::TensorView> views;
    for (const data::Tensor& tensor : tensors) {
      views.push_back({tensor.name, tensor.dims, tensor.values});
    }
    runtime::write_safetensors(fuzz::output_file(), views, {});
    const auto again = runtime::read_safetensors(fuzz::output_file());
    if (again.size() != tensors.size()) {
      fuzz::report_finding("as many tensors as were written", std::to_string(again.size()));
    }
  });
  return 0;
}
