// compare_models A.h5 B.h5: 0 when both hold the same tensors bit for bit, 1 and one line when not.
#include <cstring>
#include <exception>
#include <iostream>
#include <string>

#include "hermes/data/tensor_file.hpp"

namespace {

/// Empty when there is no difference.
std::string difference(const hermes::data::TensorFile& left,
                       const hermes::data::TensorFile& right) {
  if (left.tensors.empty() || left.tensors.size() != right.tensors.size()) {
    return "the number of tensors differs or is zero";
  }
  for (std::size_t i = 0; i < left.tensors.size(); ++i) {
    const hermes::data::Tensor& a = left.tensors[i];
    const hermes::data::Tensor& b = right.tensors[i];
    if (a.name != b.name || a.dims != b.dims) {
      return "name or shape differs: " + a.name + ", " + b.name;
    }
    for (std::size_t k = 0; k < a.values.size(); ++k) {
      if (std::memcmp(&a.values[k], &b.values[k], sizeof(float)) != 0) {
        return a.name + " differs from value " + std::to_string(k) +
               " on: " + std::to_string(a.values[k]) + ", " + std::to_string(b.values[k]);
      }
    }
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "expected arguments: A.h5 B.h5\n";
    return 2;
  }
  try {
    const std::string found = difference(hermes::data::read_tensor_file(argv[1]),
                                         hermes::data::read_tensor_file(argv[2]));
    if (!found.empty()) {
      std::cerr << found << '\n';
      return 1;
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 2;
  }
}
