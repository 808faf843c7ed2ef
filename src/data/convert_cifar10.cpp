#include <array>
#include <string>

#include "data/byte_reader.hpp"
#include "data/dataset_writer.hpp"

namespace hermes::data {
namespace {

constexpr std::size_t kImageBytes = std::size_t{3} * 32 * 32;
constexpr std::size_t kRecordBytes = 1 + kImageBytes;
constexpr int kClassCount = 10;

void append_file(const std::filesystem::path& path, Rows& rows) {
  ByteReader reader(path);
  std::array<std::byte, kRecordBytes> record{};
  while (true) {
    const std::uint64_t offset = reader.offset();
    const std::size_t found = reader.read_some(record);
    if (found == 0 && offset > 0) {
      return;
    }
    if (found != kRecordBytes) {
      reader.fail("offset " + std::to_string(offset) + ": expected a record of " +
                  std::to_string(kRecordBytes) + " bytes (label, 3 x 32 x 32), found " +
                  std::to_string(found) + " bytes");
    }
    const auto label = std::to_integer<std::int32_t>(record[0]);
    if (label >= kClassCount) {
      reader.fail("offset " + std::to_string(offset) + ": expected a label in [0, 10), found " +
                  std::to_string(label));
    }
    rows.labels.push_back(label);
    rows.features.insert(rows.features.end(), record.begin() + 1, record.end());
  }
}

}  // namespace

DatasetInfo convert_cifar10(const Cifar10Files& files, const ConvertOptions& options) {
  DatasetContent content;
  content.shape = {3, 32, 32};
  for (const std::filesystem::path& path : files.train) {
    append_file(path, content.train);
  }
  for (const std::filesystem::path& path : files.test) {
    append_file(path, content.test);
  }
  ConvertOptions named = options;
  if (named.class_names.empty()) {
    named.class_names = {"airplane", "automobile", "bird",  "cat",  "deer",
                         "dog",      "frog",       "horse", "ship", "truck"};
  }
  return write_dataset(content, named);
}

}  // namespace hermes::data
