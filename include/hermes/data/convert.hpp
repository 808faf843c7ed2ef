#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hermes/data/dataset.hpp"

namespace hermes::data {

/// What all converters share. They write the layout of src/data/README.md: training rows in a
/// seeded random order (so that any block of them is a fair sample), test rows in their own order;
/// `mean` and `scale` = 1 / standard deviation per channel (per column for plain features) over the
/// training rows that are written; chunks of whole rows. The output is whole or absent. Input and
/// output are held in memory.
struct ConvertOptions {
  std::filesystem::path output;
  std::optional<std::uint64_t> limit;  ///< at most so many training rows, a seeded choice
  std::uint64_t seed = 0;
  bool compress = false;  ///< gzip the chunks of x
  std::vector<std::string> class_names;
};

/// The four files of an MNIST-like data set: IDX of unsigned bytes, plain or gzip.
struct IdxFiles {
  std::filesystem::path train_images;
  std::filesystem::path train_labels;
  std::filesystem::path test_images;
  std::filesystem::path test_labels;
};

/// The binary version of CIFAR-10: rows of one label byte and 3 x 32 x 32 bytes, plain or gzip.
struct Cifar10Files {
  std::vector<std::filesystem::path> train;
  std::vector<std::filesystem::path> test;
};

/// A table of numbers with one column of labels, integers >= 0, or with columns of target numbers.
/// A column is named by the header, or by its index from 0.
struct CsvSource {
  std::filesystem::path file;
  std::string label;           ///< where there are no targets
  double test_fraction = 0.2;  ///< of the rows, a seeded choice
  char separator = ',';
  std::vector<std::string> targets{};  ///< columns of numbers, instead of a label
};

/// Four arrays as numpy.save writes them, plain or gzip: x is rows x features, rows x height x
/// width or rows x channels x height x width, y the labels or numbers, rows or rows x columns.
struct NpyFiles {
  std::filesystem::path train_x;
  std::filesystem::path train_y;
  std::filesystem::path test_x;
  std::filesystem::path test_y;
};

/// Two directories with a folder of PNG or JPEG files for each class. All images have one size.
struct ImageFolders {
  std::filesystem::path train;
  std::filesystem::path test;
};

/// Each returns what was written, opened anew. Errors are DataError and name the file and the
/// place (byte offset, header field, line and column), what was expected and what was found.
DatasetInfo convert_idx(const IdxFiles& files, const ConvertOptions& options);
/// Without class names in the options, CIFAR-10's own names are written.
DatasetInfo convert_cifar10(const Cifar10Files& files, const ConvertOptions& options);
/// The first line is a header when one of its fields is not a number. Lines must have equally many
/// fields, all finite numbers. Empty lines at the end are skipped.
DatasetInfo convert_csv(const CsvSource& source, const ConvertOptions& options);
/// Little-endian uint8, int32, int64, float32, float64 in C order. x becomes uint8 where it is
/// that, else float32; y is labels where it has integers, else numbers.
DatasetInfo convert_npy(const NpyFiles& files, const ConvertOptions& options);
/// Classes are the training folders in the order of their names, which are written as class names
/// unless the options have others. Three channels as soon as one image has colours, else one.
DatasetInfo convert_images(const ImageFolders& folders, const ConvertOptions& options);

}  // namespace hermes::data
