#include "hermes/nn/parameter_tensor.hpp"

#include <algorithm>

#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"

namespace hermes::nn {
namespace {

/// Calls f(place in the buffer) for every element in file order.
template <class F>
void for_each_place(const ParameterTensor& tensor, F&& f) {
  const auto& [n0, n1, n2, n3] = tensor.extents;
  const auto& [s0, s1, s2, s3] = tensor.strides;
  for (std::size_t i = 0; i < n0; ++i) {
    for (std::size_t j = 0; j < n1; ++j) {
      for (std::size_t k = 0; k < n2; ++k) {
        for (std::size_t l = 0; l < n3; ++l) {
          f(tensor.offset + i * s0 + j * s1 + k * s2 + l * s3);
        }
      }
    }
  }
}

std::string shape_text(std::span<const std::size_t> shape) {
  std::string text = "[";
  for (const std::size_t extent : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  }
  return text + "]";
}

const NamedTensor& find(std::span<const NamedTensor> tensors, const ParameterTensor& wanted) {
  const auto has_name = [&](const NamedTensor& tensor) { return tensor.name == wanted.name; };
  const auto found = std::find_if(tensors.begin(), tensors.end(), has_name);
  if (found == tensors.end()) {
    throw DataError("tensor " + wanted.name + ": expected " + shape_text(wanted.shape) +
                    ", found none of this name");
  }
  if (found->shape != wanted.shape || found->values.size() != wanted.size()) {
    throw DataError("tensor " + wanted.name + ": expected " + shape_text(wanted.shape) + " (" +
                    std::to_string(wanted.size()) + " values), found " + shape_text(found->shape) +
                    " (" + std::to_string(found->values.size()) + " values)");
  }
  if (std::find_if(std::next(found), tensors.end(), has_name) != tensors.end()) {
    throw DataError("tensor " + wanted.name + ": expected once, found more than once");
  }
  return *found;
}

}  // namespace

void export_tensor(const ParameterTensor& tensor, std::span<const float> buffer,
                   std::span<float> values) {
  HERMES_ASSERT(values.size() == tensor.size(), "export_tensor: wrong size");
  HERMES_ASSERT(tensor.offset + tensor.size() <= buffer.size(), "export_tensor: not in buffer");
  auto value = values.begin();
  for_each_place(tensor, [&](std::size_t place) { *value++ = buffer[place]; });
}

void import_tensor(const ParameterTensor& tensor, std::span<const float> values,
                   std::span<float> buffer) {
  HERMES_ASSERT(values.size() == tensor.size(), "import_tensor: wrong size");
  HERMES_ASSERT(tensor.offset + tensor.size() <= buffer.size(), "import_tensor: not in buffer");
  auto value = values.begin();
  for_each_place(tensor, [&](std::size_t place) { buffer[place] = *value++; });
}

std::vector<NamedTensor> export_parameters(std::span<const ParameterTensor> layout,
                                           std::span<const float> buffer) {
  std::vector<NamedTensor> tensors;
  tensors.reserve(layout.size());
  for (const ParameterTensor& tensor : layout) {
    tensors.push_back({tensor.name, tensor.shape, std::vector<float>(tensor.size())});
    export_tensor(tensor, buffer, tensors.back().values);
  }
  return tensors;
}

void import_parameters(std::span<const ParameterTensor> layout,
                       std::span<const NamedTensor> tensors, std::span<float> buffer) {
  std::vector<const NamedTensor*> sources;
  for (const ParameterTensor& tensor : layout) {
    sources.push_back(&find(tensors, tensor));
  }
  for (const NamedTensor& tensor : tensors) {
    const auto is_source = [&](const NamedTensor* source) { return source == &tensor; };
    if (std::none_of(sources.begin(), sources.end(), is_source)) {
      throw DataError("tensor " + tensor.name + ": the model has none of this name");
    }
  }
  for (std::size_t i = 0; i < layout.size(); ++i) {
    import_tensor(layout[i], sources[i]->values, buffer);
  }
}

}  // namespace hermes::nn
