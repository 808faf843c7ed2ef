// A model file (TOML).

#include "fuzz_target.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/runtime/model_file.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  fuzz::takes([&] {
    const nn::NetworkSpec model = runtime::parse_model(fuzz::text_of(data, size), "model.toml");
    const std::string kept = runtime::to_toml(model);
    if (kept != runtime::to_toml(runtime::parse_model(kept, "model.toml"))) {
      fuzz::report_finding("a model that survives being written", kept);
    }
    nn::Network::memory_bytes(model, 1);  // sizes only; may refuse the model as a whole
  });
  return 0;
}
