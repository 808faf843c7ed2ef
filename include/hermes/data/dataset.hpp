#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hermes/core/targets.hpp"
#include "hermes/data/row_range.hpp"

namespace hermes::data {

/// How a feature value is stored in the file and in a shard.
enum class ElementType { Uint8, Float32 };

/// Shape of one row. Plain feature vectors are {F, 1, 1} with `flat` set.
struct FeatureShape {
  std::size_t channels = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  bool flat = false;

  std::size_t size() const { return channels * height * width; }
  friend bool operator==(const FeatureShape&, const FeatureShape&) = default;
};

/// What a data set file says about itself (src/data/README.md has the layout).
struct DatasetInfo {
  std::filesystem::path path;
  FeatureShape features;
  ElementType element_type = ElementType::Uint8;
  bool channels_last = false;            ///< the file's order: N x H x W x C
  std::array<std::uint64_t, 3> rows{};   ///< by Split; 0 validation rows: the file has none
  std::uint64_t chunk_rows = 0;          ///< rows per chunk of /train/x; 0: contiguous
  std::size_t target_columns = 0;        ///< numbers of a row of y; 0: y holds labels
  std::vector<std::string> class_names;  ///< empty where the file names none
  std::vector<float> mean;               ///< per channel: x' = (x - mean) * scale
  std::vector<float> scale;              ///< per channel
  std::uint64_t content_hash = 0;        ///< as Dataset::content_hash() found it; 0: not asked
  std::uint64_t reader_bytes = 0;        ///< that HDF5 takes at most to read it: caches, buffers

  std::uint64_t row_count(Split split) const { return rows[static_cast<std::size_t>(split)]; }
  std::size_t element_bytes() const { return element_type == ElementType::Uint8 ? 1 : 4; }
  std::size_t row_bytes() const { return features.size() * element_bytes(); }
  bool has_labels() const { return target_columns == 0; }
  /// Of a row of y in memory: a label, or its numbers.
  std::size_t target_bytes() const {
    return has_labels() ? sizeof(std::int32_t) : target_columns * sizeof(float);
  }
};

/// A data set in an HDF5 file, opened read-only. Opening checks everything that needs no row of
/// x or y: groups, ranks, types, row counts, attributes; reading rows checks what it reads.
///
/// Errors: DataError, one line with file, object, expected and found. Switches HDF5's own error
/// printing off (which is a process-wide setting). Takes no file lock, so that many ranks and
/// file systems without locks are fine.
/// Thread rule: any thread may call any function but move and destroy; calls wait for one another,
/// as HDF5 is not thread-safe: all functions of this module that use it share one lock.
class Dataset {
 public:
  explicit Dataset(const std::filesystem::path& path);
  ~Dataset();
  Dataset(Dataset&&) noexcept;
  Dataset& operator=(Dataset&&) noexcept;

  const DatasetInfo& info() const;
  /// Number of class names; without names the largest label + 1 (reads every y, at first use).
  /// Requires: info().has_labels(), as read_labels does.
  std::uint32_t class_count() const;

  /// Reads rows of x in the file's element type and channel order: `out` has count * row_bytes().
  /// Checks that float values are finite.
  void read_features(Split split, RowRange rows, std::span<std::byte> out) const;
  /// Reads rows of y; any integer type. Checks that they are in [0, class_count) where
  /// `class_count` > 0, and in [0, 2^31) otherwise.
  void read_labels(Split split, RowRange rows, std::span<std::int32_t> out,
                   std::uint32_t class_count) const;
  /// Reads rows of y, whichever they are: labels as `read_labels` does, or finite numbers. `out` is
  /// of the same kind, for these rows.
  void read_targets(Split split, RowRange rows, const TargetSpan& out,
                    std::uint32_t class_count) const;
  /// Reads the whole file once in blocks, so that a bad value is found before training and not in
  /// the midst of it: labels in [0, class_count), numbers and float features finite.
  void check_values(std::uint32_t class_count) const;

  /// Tells data sets of one shape apart without reading all of them: a hash over means, scales,
  /// class names and a few rows of each split, evenly spread. Reads those rows.
  std::uint64_t content_hash() const;

  /// Bytes of x and y that were read so far, as they are in memory.
  std::uint64_t bytes_read() const;

 private:
  class File;
  std::unique_ptr<File> file_;
};

/// "/train", "/validation" or "/test".
const char* group_name(Split split);

}  // namespace hermes::data
