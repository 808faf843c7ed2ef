#include "hermes/runtime/initial_weights.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hermes/core/error.hpp"
#include "hermes/data/tensor_file.hpp"
#include "hermes/runtime/safetensors.hpp"

namespace hermes::runtime {
namespace {

bool is_hdf5(const std::filesystem::path& file) {
  constexpr std::string_view kSignature = "\x89HDF";
  std::array<char, kSignature.size()> start{};
  std::ifstream(file, std::ios::binary).read(start.data(), start.size());
  return std::string_view(start.data(), start.size()) == kSignature;
}

}  // namespace

void load_initial_weights(const std::filesystem::path& file, nn::Network& network) {
  std::vector<data::Tensor> stored =
      is_hdf5(file) ? data::read_tensor_file(file).tensors : read_safetensors(file);
  std::vector<nn::NamedTensor> tensors;
  tensors.reserve(stored.size());
  for (data::Tensor& tensor : stored) {
    const auto is_finite = [](float value) { return std::isfinite(value); };
    if (!std::ranges::all_of(tensor.values, is_finite)) {
      throw DataError(file.string() + ": tensor " + tensor.name +
                      ": expected finite numbers, found NaN or infinity");
    }
    tensors.push_back(
        {tensor.name, {tensor.dims.begin(), tensor.dims.end()}, std::move(tensor.values)});
  }
  try {
    nn::import_parameters(network.named_parameters(), tensors, network.parameters());
  } catch (const DataError& error) {
    throw DataError(file.string() + ": " + error.what());
  }
}

}  // namespace hermes::runtime
