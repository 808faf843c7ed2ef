#include "hermes/core/targets.hpp"

#include <algorithm>

#include "hermes/core/assert.hpp"
#include "hermes/core/buffer.hpp"

namespace hermes {
namespace {

template <class Variant>
Variant part_of(const Variant& targets, std::size_t row_count, std::size_t first,
                std::size_t count) {
  return std::visit(
      [&](auto values) -> Variant {
        HERMES_ASSERT(row_count > 0 && values.size() % row_count == 0 && first + count <= row_count,
                      "targets: not those rows");
        const std::size_t columns = values.size() / row_count;
        return values.subspan(first * columns, count * columns);
      },
      targets);
}

}  // namespace

Targets rows_of(const Targets& targets, std::size_t row_count, std::size_t first,
                std::size_t count) {
  return part_of(targets, row_count, first, count);
}

TargetSpan rows_of(const TargetSpan& targets, std::size_t row_count, std::size_t first,
                   std::size_t count) {
  return part_of(targets, row_count, first, count);
}

void TargetBuffer::resize(std::size_t row_count) {
  row_count_ = row_count;
  if (columns_ == 0) {
    resize_without_copy(labels_, row_count);
  } else {
    resize_without_copy(values_, row_count * columns_);
  }
}

TargetSpan TargetBuffer::rows(std::size_t first, std::size_t count) {
  HERMES_ASSERT(first + count <= row_count_, "targets: rows that are not there");
  if (columns_ == 0) {
    return std::span(labels_).subspan(first, count);
  }
  return std::span(values_).subspan(first * columns_, count * columns_);
}

Targets TargetBuffer::rows(std::size_t first, std::size_t count) const {
  HERMES_ASSERT(first + count <= row_count_, "targets: rows that are not there");
  if (columns_ == 0) {
    return std::span(labels_).subspan(first, count);
  }
  return std::span(values_).subspan(first * columns_, count * columns_);
}

void TargetBuffer::put(std::size_t first, std::size_t count, const Targets& targets) {
  const TargetSpan place = rows(first, count);
  const auto copy = [](auto source, auto target) {
    HERMES_ASSERT(source.size() == target.size(), "targets: of other rows");
    std::ranges::copy(source, target.begin());
  };
  if (columns_ == 0) {
    copy(std::get<std::span<const std::int32_t>>(targets),
         std::get<std::span<std::int32_t>>(place));
  } else {
    copy(std::get<std::span<const float>>(targets), std::get<std::span<float>>(place));
  }
}

void TargetBuffer::gather(std::span<const std::uint32_t> indices, const TargetSpan& out) const {
  if (columns_ == 0) {
    const auto labels = std::get<std::span<std::int32_t>>(out);
    HERMES_ASSERT(labels.size() == indices.size(), "targets: wrong output size");
    for (std::size_t i = 0; i < indices.size(); ++i) {
      labels[i] = labels_[indices[i]];
    }
    return;
  }
  const auto values = std::get<std::span<float>>(out);
  HERMES_ASSERT(values.size() == indices.size() * columns_, "targets: wrong output size");
  for (std::size_t i = 0; i < indices.size(); ++i) {
    std::copy_n(values_.data() + indices[i] * columns_, columns_, values.data() + i * columns_);
  }
}

}  // namespace hermes
