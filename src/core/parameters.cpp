#include "hermes/core/parameters.hpp"

#include <algorithm>

#include "hermes/core/assert.hpp"
#include "hermes/core/half.hpp"
#include "hermes/core/reuse.hpp"

namespace hermes {

std::span<const float> SharedParameters::read(std::size_t first, std::span<float> room) const {
  if (!is_half()) {
    return values_.subspan(first, room.size());
  }
  const std::span<const std::uint16_t> halves = halves_.subspan(first, room.size());
  if (format_ == HalfFormat::Fp16) {
    from_fp16(halves, room);
  } else {
    from_bf16(halves, room);
  }
  return room;
}

ParameterBuffer ParameterPool::acquire() {
  return ParameterBuffer(
      unshared(blocks_, [this] { return std::make_shared<AlignedVector<float>>(size_); }));
}

std::optional<ParameterBuffer> ParameterPool::reopen(SharedParameters& parameters) {
  const auto block =
      std::ranges::find(blocks_, parameters.owner().get(),
                        [](const auto& candidate) -> const void* { return candidate.get(); });
  constexpr long kPoolAndReader = 2;
  if (block == blocks_.end() || block->use_count() != kPoolAndReader) {
    return std::nullopt;
  }
  ParameterBuffer buffer(*block);
  parameters = {};
  return buffer;
}

SharedParameters ParameterPool::copy_of(std::span<const float> values) {
  HERMES_ASSERT(values.size() == size_, "parameter pool: values of another size");
  ParameterBuffer buffer = acquire();
  std::copy(values.begin(), values.end(), buffer.values().begin());
  return std::move(buffer).seal();
}

}  // namespace hermes
