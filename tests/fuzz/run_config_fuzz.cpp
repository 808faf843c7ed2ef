// A run configuration and --set overrides: the text of the file, then "--8<--" before each
// override.

#include "fuzz_target.hpp"
#include "hermes/runtime/run_config.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  const auto pieces = fuzz::cut_pieces(fuzz::text_of(data, size), 4);
  std::vector<std::string> overrides;
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    if (!pieces[i].empty()) {
      overrides.emplace_back(pieces[i]);
    }
  }
  fuzz::takes([&] {
    const runtime::RunConfig config = runtime::parse_run_config(pieces[0], "run.toml", overrides);
    // What a run directory keeps must be readable, and mean the same.
    const std::string kept = runtime::to_toml(config);
    const std::string again = runtime::to_toml(runtime::parse_run_config(kept, "run.toml", {}));
    if (kept != again) {
      fuzz::report_finding("a configuration that survives being written", kept + again);
    }
  });
  return 0;
}
