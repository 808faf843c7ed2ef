#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "data/dataset_writer.hpp"
#include "data/image_file.hpp"
#include "hermes/core/error.hpp"

namespace hermes::data {
namespace {

namespace fs = std::filesystem;

/// The entries of a directory by name, without hidden ones.
std::vector<fs::path> entries_of(const fs::path& directory) {
  std::error_code problem;
  std::vector<fs::path> entries;
  for (fs::directory_iterator place(directory, problem), end; !problem && place != end;
       place.increment(problem)) {
    if (!place->path().filename().string().starts_with('.')) {
      entries.push_back(place->path());
    }
  }
  if (problem) {
    throw DataError(directory.string() + ": expected a readable directory, found none (" +
                    problem.message() + ")");
  }
  std::ranges::sort(entries);
  return entries;
}

std::vector<std::string> class_names(const fs::path& train) {
  std::vector<std::string> names;
  for (const fs::path& folder : entries_of(train)) {
    names.push_back(folder.filename().string());
  }
  return names;
}

std::string extent_text(const Image& image) {
  return std::to_string(image.height) + " x " + std::to_string(image.width);
}

/// The pixels as channels x height x width, in so many channels: grey in each of three.
void append_planes(const Image& image, std::size_t channels, std::vector<std::byte>& out) {
  for (std::size_t channel = 0; channel < channels; ++channel) {
    const std::size_t first = image.channels == 1 ? 0 : channel;
    for (std::size_t i = first; i < image.pixels.size(); i += image.channels) {
      out.push_back(image.pixels[i]);
    }
  }
}

/// Images of one size, some of them perhaps grey: only when all are there is it known whether the
/// data set has colours.
class Album {
 public:
  explicit Album(std::vector<std::string> classes) : classes_(std::move(classes)) {}

  /// Reads the pictures in the folders of `directory`.
  void read(const fs::path& directory, Rows& rows, std::vector<Image>& images) {
    for (const fs::path& folder : entries_of(directory)) {
      const auto known = std::ranges::find(classes_, folder.filename().string());
      if (known == classes_.end()) {
        throw DataError(folder.string() +
                        ": expected a class that training images have, found none of this name");
      }
      for (const fs::path& file : entries_of(folder)) {
        if (!is_image_name(file)) {
          throw DataError(file.string() + ": expected a file .png, .jpg or .jpeg, found another");
        }
        images.push_back(read_image(file));
        check_extent(file, images.back());
        rows.labels.push_back(static_cast<std::int32_t>(known - classes_.begin()));
      }
    }
  }

  FeatureShape shape() const { return shape_; }

  void flatten(std::vector<Image> images, Rows& rows) const {
    rows.features.reserve(images.size() * shape_.size());
    for (Image& image : images) {
      append_planes(image, shape_.channels, rows.features);
      image.pixels = {};
    }
  }

 private:
  void check_extent(const fs::path& file, const Image& image) {
    if (!first_) {
      first_ = file;
      shape_ = {image.channels, image.height, image.width, false};
    }
    if (image.height != shape_.height || image.width != shape_.width) {
      throw DataError(file.string() + ": expected an image of " + std::to_string(shape_.height) +
                      " x " + std::to_string(shape_.width) + " pixels as " + first_->string() +
                      ", found " + extent_text(image));
    }
    shape_.channels = std::max(shape_.channels, image.channels);
  }

  std::vector<std::string> classes_;
  std::optional<fs::path> first_;
  FeatureShape shape_;
};

}  // namespace

DatasetInfo convert_images(const ImageFolders& folders, const ConvertOptions& options) {
  ConvertOptions named = options;
  const std::vector<std::string> classes = class_names(folders.train);
  if (named.class_names.empty()) {
    named.class_names = classes;
  }
  Album album(classes);
  DatasetContent content;
  std::vector<Image> train;
  std::vector<Image> test;
  album.read(folders.train, content.train, train);
  album.read(folders.test, content.test, test);
  content.shape = album.shape();
  album.flatten(std::move(train), content.train);
  album.flatten(std::move(test), content.test);
  return write_dataset(content, named);
}

}  // namespace hermes::data
