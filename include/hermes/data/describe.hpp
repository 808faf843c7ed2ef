#pragma once

#include <filesystem>
#include <string>

#include "hermes/data/dataset.hpp"

namespace hermes::data {

/// A few aligned lines about a data set: shape, type, rows, classes, normalisation, storage.
std::string describe(const DatasetInfo& info);

/// The same for a file: a data set where it has /train, a list of its tensors and attributes
/// otherwise. Throws DataError when it is neither.
std::string describe_file(const std::filesystem::path& path);

}  // namespace hermes::data
