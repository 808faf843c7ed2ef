#pragma once

#include <filesystem>

#include "hermes/nn/network.hpp"

namespace hermes::runtime {

/// Gives a network the weights of a file: safetensors, or HDF5 (a model or checkpoint, or what h5py
/// users write), which is told by how the file begins. Every tensor of the network must be there
/// under its name and in its shape in model files (PyTorch's: "conv1.weight", out x in x height x
/// width), and no other. Throws DataError, one line with file, tensor, expected and found.
void load_initial_weights(const std::filesystem::path& file, nn::Network& network);

}  // namespace hermes::runtime
