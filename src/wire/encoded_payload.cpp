#include "hermes/wire/encoded_payload.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "hermes/core/error.hpp"
#include "hermes/core/half.hpp"
#include "hermes/core/int8_blocks.hpp"
#include "hermes/core/reuse.hpp"
#include "wire/checksum.hpp"

namespace hermes::wire {

namespace {

using Index = std::uint32_t;
constexpr std::size_t kSparseBytes = sizeof(Index) + sizeof(float);  // of one value

/// A block that the caller fills.
template <class T>
std::span<T> new_block(std::size_t count, BlockPool& pool, SharedBytes& block) {
  using Words = AlignedVector<std::uint32_t>;
  const std::shared_ptr<Words> words = unshared(pool, [] { return std::make_shared<Words>(); });
  words->resize((count * sizeof(T) + sizeof(std::uint32_t) - 1) / sizeof(std::uint32_t));
  const std::span<T> elements(reinterpret_cast<T*>(words->data()), count);
  block = {words, std::as_bytes(elements)};
  return elements;
}

/// False when the dense values take no more bytes.
bool write_sparse(std::span<const float> values, BlockPool& pool, SharedBytes& block) {
  const auto is_zero = [](float value) { return value == 0.0F; };  // -0 as well, NaN not
  const std::size_t count = values.size() - static_cast<std::size_t>(std::count_if(
                                                values.begin(), values.end(), is_zero));
  if (count * kSparseBytes >= values.size_bytes() ||
      values.size() > std::numeric_limits<Index>::max()) {
    return false;
  }
  const std::span<std::uint32_t> words = new_block<std::uint32_t>(2 * count, pool, block);
  std::size_t written = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!is_zero(values[i])) {
      words[written] = static_cast<Index>(i);
      words[count + written] = std::bit_cast<std::uint32_t>(values[i]);
      ++written;
    }
  }
  return true;
}

/// Scales, then numbers.
std::size_t int8_bytes(std::size_t count) {
  return int8_block_count(count) * sizeof(float) + count;
}

void write_int8(std::span<const float> values, BlockPool& pool, SharedBytes& block) {
  const std::span<std::byte> bytes = new_block<std::byte>(int8_bytes(values.size()), pool, block);
  const std::size_t scales = int8_block_count(values.size());
  to_int8_blocks(
      values, {reinterpret_cast<float*>(bytes.data()), scales},
      {reinterpret_cast<std::int8_t*>(bytes.data() + scales * sizeof(float)), values.size()});
}

void read_int8(std::span<const std::byte> bytes, std::span<float> values) {
  const std::size_t scales = int8_block_count(values.size());
  from_int8_blocks(
      {reinterpret_cast<const float*>(bytes.data()), scales},
      {reinterpret_cast<const std::int8_t*>(bytes.data() + scales * sizeof(float)), values.size()},
      values);
}

[[noreturn]] void fail(const std::string& what, std::uint64_t expected, std::uint64_t found) {
  throw DecodeError("message payload: " + what + ": expected " + std::to_string(expected) +
                    ", found " + std::to_string(found));
}

template <class T>
std::span<const T> elements_of(const SharedBytes& block) {
  return {reinterpret_cast<const T*>(block.bytes.data()), block.bytes.size() / sizeof(T)};
}

void read_sparse(std::span<const std::uint32_t> words, std::span<float> values) {
  const std::size_t count = words.size() / 2;
  std::fill(values.begin(), values.end(), 0.0F);
  std::size_t first_allowed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Index index = words[i];
    if (index < first_allowed) {
      fail("index at least", first_allowed, index);
    }
    if (index >= values.size()) {
      fail("index below", values.size(), index);
    }
    values[index] = std::bit_cast<float>(words[count + i]);
    first_allowed = std::size_t{index} + 1;
  }
}

bool is_half(PayloadEncoding encoding) {
  return encoding == PayloadEncoding::Fp16 || encoding == PayloadEncoding::Bf16;
}

/// Of the largest numbers that a block is made of.
std::size_t word_bytes(PayloadEncoding encoding) {
  return is_half(encoding) ? sizeof(std::uint16_t) : sizeof(float);
}

void check_size(const EncodedPayload& payload, std::size_t count_max) {
  if (payload.count > count_max) {
    fail("values at most", count_max, payload.count);
  }
  const std::size_t size = payload.block.bytes.size();
  if (payload.encoding != PayloadEncoding::Sparse) {
    const std::size_t expected = payload.encoding == PayloadEncoding::Int8
                                     ? int8_bytes(payload.count)
                                     : payload.count * word_bytes(payload.encoding);
    if (size != expected) {
      fail("bytes", expected, size);
    }
    return;
  }
  if (size % kSparseBytes != 0) {
    fail("bytes", size / kSparseBytes * kSparseBytes, size);
  }
  if (size > payload.count * kSparseBytes) {
    fail("bytes at most", payload.count * kSparseBytes, size);
  }
}

void check_alignment(const EncodedPayload& payload) {
  const std::size_t alignment = word_bytes(payload.encoding);
  if (reinterpret_cast<std::uintptr_t>(payload.block.bytes.data()) % alignment != 0) {
    throw DecodeError("message payload: expected memory aligned to " + std::to_string(alignment) +
                      " bytes, found it is not");
  }
}

SharedParameters expand(const EncodedPayload& payload, ParameterPool& pool) {
  ParameterBuffer buffer = pool.acquire();
  const std::span<float> values = buffer.values().first(payload.count);
  if (payload.encoding == PayloadEncoding::Fp16) {
    from_fp16(elements_of<std::uint16_t>(payload.block), values);
  } else if (payload.encoding == PayloadEncoding::Bf16) {
    from_bf16(elements_of<std::uint16_t>(payload.block), values);
  } else if (payload.encoding == PayloadEncoding::Int8) {
    read_int8(payload.block.bytes, values);
  } else {
    read_sparse(elements_of<std::uint32_t>(payload.block), values);
  }
  const SharedParameters whole = std::move(buffer).seal();
  return {whole.owner(), whole.values().first(payload.count)};
}

}  // namespace

EncodedPayload encode_payload(const SharedParameters& parameters, PayloadEncoding encoding,
                              BlockPool& pool) {
  const std::span<const float> values = parameters.values();
  EncodedPayload payload;
  payload.encoding = encoding;
  payload.count = values.size();
  if (values.empty()) {
    payload.encoding = PayloadEncoding::Fp32;
  } else if (encoding == PayloadEncoding::Fp16) {
    to_fp16(values, new_block<std::uint16_t>(values.size(), pool, payload.block));
  } else if (encoding == PayloadEncoding::Bf16) {
    to_bf16(values, new_block<std::uint16_t>(values.size(), pool, payload.block));
  } else if (encoding == PayloadEncoding::Int8) {
    write_int8(values, pool, payload.block);
  } else if (encoding == PayloadEncoding::Sparse && !write_sparse(values, pool, payload.block)) {
    payload.encoding = PayloadEncoding::Fp32;
  }
  if (payload.encoding == PayloadEncoding::Fp32) {
    payload.block = {parameters.owner(), std::as_bytes(values)};
  }
  payload.checksum = payload_checksum(payload.block.bytes);
  return payload;
}

SharedParameters decode_payload(const EncodedPayload& payload, ParameterPool& pool, Halves halves) {
  check_size(payload, pool.size());
  check_alignment(payload);
  const std::uint64_t found = payload_checksum(payload.block.bytes);
  if (payload.checksum != found) {
    fail("checksum", payload.checksum, found);
  }
  if (payload.count == 0) {
    return {};
  }
  if (payload.encoding == PayloadEncoding::Fp32) {
    return {payload.block.owner, elements_of<float>(payload.block)};
  }
  if (halves == Halves::Keep && is_half(payload.encoding)) {
    return {payload.block.owner, elements_of<std::uint16_t>(payload.block),
            payload.encoding == PayloadEncoding::Fp16 ? HalfFormat::Fp16 : HalfFormat::Bf16};
  }
  return expand(payload, pool);
}

}  // namespace hermes::wire
