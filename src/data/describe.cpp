#include "hermes/data/describe.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <type_traits>

#include "data/hdf5.hpp"
#include "hermes/data/tensor_file.hpp"

namespace hermes::data {
namespace {

constexpr std::size_t kListedMax = 12;
constexpr std::size_t kTextMax = 60;

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string line(const std::string& key, const std::string& value) {
  return key + std::string(key.size() < 16 ? 16 - key.size() : 1, ' ') + value + "\n";
}

/// "a, b, c" or "a, b, ... (100)".
template <class T, class Text>
std::string listed(const std::vector<T>& items, const Text& text) {
  std::string result;
  for (std::size_t i = 0; i < std::min(items.size(), kListedMax); ++i) {
    result += (i > 0 ? ", " : "") + text(items[i]);
  }
  return items.size() > kListedMax ? result + ", ... (" + std::to_string(items.size()) + ")"
                                   : result;
}

std::string shape_text(const FeatureShape& shape) {
  if (shape.flat) {
    return std::to_string(shape.channels) + " features";
  }
  return std::to_string(shape.channels) + " x " + std::to_string(shape.height) + " x " +
         std::to_string(shape.width) + " (channels x height x width)";
}

std::string attribute_text(const AttributeValue& value) {
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::string>) {
          const std::string first_line = v.substr(0, std::min(v.find('\n'), kTextMax));
          return '"' + first_line + '"' + (first_line.size() < v.size() ? "..." : "");
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return std::to_string(v);
        } else if constexpr (std::is_same_v<T, double>) {
          return number(v);
        } else {
          return listed(v, [](auto x) { return number(static_cast<double>(x)); });
        }
      },
      value);
}

std::string describe_tensors(const TensorFile& content, const std::filesystem::path& path) {
  std::string text = line("tensor file", path.string());
  std::size_t total = 0;
  for (const Tensor& tensor : content.tensors) {
    std::string shape;
    for (const std::uint64_t extent : tensor.dims) {
      shape += (shape.empty() ? "" : " x ") + std::to_string(extent);
    }
    text += line("  " + tensor.name, shape.empty() ? "single value" : shape);
    total += tensor.values.size();
  }
  text += line("values", std::to_string(total) + " float32 in " +
                             std::to_string(content.tensors.size()) + " tensors");
  for (const auto& [name, value] : content.attributes) {
    text += line("  " + name, attribute_text(value));
  }
  return text;
}

}  // namespace

std::string describe(const DatasetInfo& info) {
  const bool uint8 = info.element_type == ElementType::Uint8;
  std::string text = line("data set", info.path.string());
  text += line("row", shape_text(info.features));
  text += line("stored as", std::string(uint8 ? "uint8" : "float32") +
                                (info.features.flat   ? ", N x F"
                                 : info.channels_last ? ", N x H x W x C"
                                                      : ", N x C x H x W") +
                                (info.chunk_rows == 0
                                     ? ", contiguous"
                                     : ", chunks of " + std::to_string(info.chunk_rows) + " rows"));
  text += line("training rows", std::to_string(info.row_count(Split::Train)));
  const std::uint64_t validation = info.row_count(Split::Validation);
  text += line("validation rows",
               validation > 0 ? std::to_string(validation) : "none (split off the training rows)");
  text += line("test rows", std::to_string(info.row_count(Split::Test)));
  text += line("row bytes", std::to_string(info.row_bytes()));
  if (info.has_labels()) {
    text += line("classes", info.class_names.empty() ? "not named"
                                                     : listed(info.class_names, std::identity()));
  } else {
    text += line("targets", std::to_string(info.target_columns) +
                                (info.target_columns == 1 ? " number" : " numbers") + " (float32)");
  }
  const auto text_of = [](float value) { return number(static_cast<double>(value)); };
  text += line("mean", listed(info.mean, text_of));
  text += line("scale", listed(info.scale, text_of));
  return text;
}

std::string describe_file(const std::filesystem::path& path) {
  bool is_dataset = false;
  {
    const hdf5::LibraryLock lock;
    const hdf5::Handle file = hdf5::open_file(path);
    is_dataset = hdf5::exists(file.id(), "/train", {path.string(), "/train"});
  }
  if (!is_dataset) {
    return describe_tensors(read_tensor_file(path), path);
  }
  const Dataset dataset(path);
  const std::string text = describe(dataset.info());
  if (!dataset.info().has_labels()) {
    return text;
  }
  return text + line("class count", std::to_string(dataset.class_count()));
}

}  // namespace hermes::data
