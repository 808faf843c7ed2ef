#pragma once

#include <string>

namespace hermes::data {

/// Of the HDF5 library: "1.10.8", when the program was compiled and as it is loaded.
std::string hdf5_built_version();
std::string hdf5_running_version();

}  // namespace hermes::data
