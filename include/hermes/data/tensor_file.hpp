#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hermes/core/buffer.hpp"
#include "hermes/core/error.hpp"

namespace hermes::data {

/// A named float32 tensor, row-major. '/' in the name makes groups, as in h5py.
struct Tensor {
  std::string name;
  std::vector<std::uint64_t> dims;  ///< empty: a single value
  std::vector<float> values;
};

/// A tensor that lives elsewhere, to be written without a copy.
struct TensorView {
  std::string name;
  std::vector<std::uint64_t> dims;
  std::span<const float> values;
};

/// A named row of bytes.
struct ByteBlock {
  std::string name;
  Bytes bytes;
};

/// One that lives elsewhere.
struct ByteBlockView {
  std::string name;
  std::span<const std::byte> bytes;
};

using AttributeValue =
    std::variant<std::string, std::int64_t, double, std::vector<std::int64_t>, std::vector<double>>;
using Attributes = std::map<std::string, AttributeValue>;

/// Content of an HDF5 file of float32 tensors, rows of bytes and root attributes (a model, a
/// checkpoint).
struct TensorFile {
  std::vector<Tensor> tensors;    ///< in order of their names
  std::vector<ByteBlock> blocks;  ///< likewise
  Attributes attributes;

  /// nullptr when there is none.
  const Tensor* find(std::string_view name) const;
  /// Throws DataError, with the name of the file and of what it should be, unless the attribute is
  /// there and of this kind.
  template <class T>
  const T& attribute(const char* name, const std::filesystem::path& file, const char* kind) const {
    const auto found = attributes.find(name);
    if (found == attributes.end() || !std::holds_alternative<T>(found->second)) {
      throw DataError(file.string() + ": attribute '" + name + "': expected one, as in " + kind +
                      " of hermes, found none");
    }
    return std::get<T>(found->second);
  }
};

/// Writes tensors and root attributes so that h5py users find what they expect: datasets under
/// their names, plain attributes (integers int64, strings variable-length UTF-8).
///
/// Whole or absent: written to a temporary file beside `path`, synced, then renamed; on failure
/// nothing is left behind and an older file stays. The file is built in memory first. Tensors and
/// blocks carry checksums (HDF5's fletcher32).
/// Throws DataError: a place where nothing can be written; a name that is empty, twice there or in
/// the way of another. Throws RuntimeError: a full or broken disk. Requires: values.size() is the
/// product of dims; a list attribute is not empty.
void write_tensor_file(const std::filesystem::path& path, std::span<const TensorView> tensors,
                       const Attributes& attributes, std::span<const ByteBlockView> blocks = {});

/// Reads every float dataset of the file (float64 is rounded), every row of bytes, and the root
/// attributes of the kinds above; other attributes are skipped. Throws DataError: no HDF5 file,
/// truncated, damaged (wrong checksum), a dataset of another kind.
TensorFile read_tensor_file(const std::filesystem::path& path);

}  // namespace hermes::data
