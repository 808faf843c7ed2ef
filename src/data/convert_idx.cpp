#include <cstdio>
#include <string>
#include <utility>

#include "data/byte_reader.hpp"
#include "data/dataset_writer.hpp"
#include "hermes/core/error.hpp"

namespace hermes::data {
namespace {

// Two zero bytes, the type (8: unsigned byte), the number of dimensions.
constexpr std::uint32_t kImagesMagic = 0x00000803;
constexpr std::uint32_t kLabelsMagic = 0x00000801;

struct Images {
  std::uint64_t count = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::vector<std::byte> pixels;
};

std::string hex(std::uint32_t value) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", value);
  return text;
}

void expect_magic(ByteReader& reader, std::uint32_t expected, const char* what) {
  const std::uint32_t found = reader.read_big_endian32("magic number");
  if (found != expected) {
    reader.fail("offset 0: magic number: expected " + hex(expected) + " (IDX, " + what +
                "), found " + hex(found));
  }
}

std::uint32_t read_extent(ByteReader& reader, const std::string& name) {
  const std::uint64_t offset = reader.offset();
  const std::uint32_t extent = reader.read_big_endian32(name);
  if (extent == 0) {
    reader.fail("offset " + std::to_string(offset) + ": " + name +
                ": expected at least 1, found 0");
  }
  return extent;
}

Images read_images(const std::filesystem::path& path) {
  ByteReader reader(path);
  expect_magic(reader, kImagesMagic, "unsigned bytes, 3 dimensions");
  Images images;
  images.count = read_extent(reader, "number of images");
  images.height = read_extent(reader, "image height");
  images.width = read_extent(reader, "image width");
  constexpr std::uint64_t kSideMax = 1U << 15;
  if (images.height > kSideMax || images.width > kSideMax) {
    reader.fail("offset 8: image size: expected at most 32768 x 32768, found " +
                std::to_string(images.height) + " x " + std::to_string(images.width));
  }
  reader.append(images.pixels, images.count * images.height * images.width, "pixels");
  reader.expect_end();
  return images;
}

std::vector<std::int32_t> read_labels(const std::filesystem::path& path, const Images& images,
                                      const std::filesystem::path& image_path) {
  ByteReader reader(path);
  expect_magic(reader, kLabelsMagic, "unsigned bytes, 1 dimension");
  const std::uint32_t count = read_extent(reader, "number of labels");
  if (count != images.count) {
    reader.fail("offset 4: number of labels: expected " + std::to_string(images.count) + " as in " +
                image_path.string() + ", found " + std::to_string(count));
  }
  std::vector<std::byte> bytes;
  reader.append(bytes, count, "labels");
  reader.expect_end();
  std::vector<std::int32_t> labels;
  labels.reserve(bytes.size());
  for (const std::byte byte : bytes) {
    labels.push_back(std::to_integer<std::int32_t>(byte));
  }
  return labels;
}

}  // namespace

DatasetInfo convert_idx(const IdxFiles& files, const ConvertOptions& options) {
  Images train = read_images(files.train_images);
  Images test = read_images(files.test_images);
  if (test.height != train.height || test.width != train.width) {
    throw DataError(files.test_images.string() + ": image size: expected " +
                    std::to_string(train.height) + " x " + std::to_string(train.width) + " as in " +
                    files.train_images.string() + ", found " + std::to_string(test.height) + " x " +
                    std::to_string(test.width));
  }
  DatasetContent content;
  content.shape = {1, train.height, train.width};
  content.train.labels = read_labels(files.train_labels, train, files.train_images);
  content.test.labels = read_labels(files.test_labels, test, files.test_images);
  content.train.features = std::move(train.pixels);
  content.test.features = std::move(test.pixels);
  return write_dataset(content, options);
}

}  // namespace hermes::data
