#include "hermes/wire/encoded_payload.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>

#include "hermes/core/error.hpp"
#include "hermes/core/half.hpp"
#include "hermes/core/int8_blocks.hpp"
#include "wire/checksum.hpp"
#include "wire/sample_messages.hpp"

namespace hermes::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::parameters;

constexpr PayloadEncoding kEncodings[] = {PayloadEncoding::Fp32, PayloadEncoding::Fp16,
                                          PayloadEncoding::Bf16, PayloadEncoding::Sparse,
                                          PayloadEncoding::Int8};

/// A payload whose block is these words; its checksum is right.
EncodedPayload payload_of(PayloadEncoding encoding, std::uint64_t count,
                          std::vector<std::uint32_t> words, std::size_t bytes_less = 0) {
  const auto owner = std::make_shared<const std::vector<std::uint32_t>>(std::move(words));
  auto bytes = std::as_bytes(std::span(*owner));
  bytes = bytes.first(bytes.size() - bytes_less);
  return {encoding, count, payload_checksum(bytes), {owner, bytes}};
}

EncodedPayload encoded(const SharedParameters& parameters, PayloadEncoding encoding) {
  BlockPool pool;
  return encode_payload(parameters, encoding, pool);
}

SharedParameters decode(const EncodedPayload& payload, std::size_t count_max = 8) {
  ParameterPool pool(count_max);
  return decode_payload(payload, pool);
}

std::string decode_error(const EncodedPayload& payload) {
  try {
    decode(payload);
  } catch (const DecodeError& error) {
    return error.what();
  }
  return {};
}

SharedParameters random_parameters(RandomStream& random, std::size_t count, double density) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = random.uniform() < density ? static_cast<float>(random.normal()) : 0.0F;
  }
  return parameters(std::move(values));
}

TEST(EncodedPayloadTest, halves_arrive_as_the_nearest_half) {
  RandomStream random(1, RandomPurpose::Test);
  for (std::size_t count = 1; count < 100; ++count) {
    const SharedParameters sent = random_parameters(random, count, 1.0);
    std::vector<std::uint16_t> halves(count);
    std::vector<float> rounded(count);
    const EncodedPayload fp16 = encoded(sent, PayloadEncoding::Fp16);
    to_fp16(sent.values(), halves);
    from_fp16(halves, rounded);
    EXPECT_EQ(fp16.block.bytes.size(), 2 * count);
    EXPECT_TRUE(std::ranges::equal(decode(fp16, count).values(), rounded));
    const EncodedPayload bf16 = encoded(sent, PayloadEncoding::Bf16);
    to_bf16(sent.values(), halves);
    from_bf16(halves, rounded);
    EXPECT_EQ(bf16.block.bytes.size(), 2 * count);
    EXPECT_TRUE(std::ranges::equal(decode(bf16, count).values(), rounded));
  }
}

TEST(EncodedPayloadTest, int8_arrives_as_the_nearest_multiples_of_its_scales) {
  RandomStream random(3, RandomPurpose::Test);
  for (std::size_t count = 1; count < 400; count += 3) {
    const SharedParameters sent = random_parameters(random, count, 1.0);
    std::vector<float> scales(int8_block_count(count));
    std::vector<std::int8_t> numbers(count);
    std::vector<float> rounded(count);
    to_int8_blocks(sent.values(), scales, numbers);
    from_int8_blocks(scales, numbers, rounded);
    const EncodedPayload payload = encoded(sent, PayloadEncoding::Int8);
    EXPECT_EQ(payload.block.bytes.size(), count + 4 * ((count + 127) / 128));
    const SharedParameters arrived = decode(payload, count);
    EXPECT_TRUE(std::ranges::equal(arrived.values(), rounded));
    const EncodedPayload again = encoded(arrived, PayloadEncoding::Int8);
    EXPECT_TRUE(std::ranges::equal(again.block.bytes, payload.block.bytes));
  }
}

TEST(EncodedPayloadTest, int8_is_not_kept_where_halves_are) {
  ParameterPool pool(8);
  const EncodedPayload payload = encoded(parameters({127.0F, -2.0F}), PayloadEncoding::Int8);
  const SharedParameters arrived = decode_payload(payload, pool, Halves::Keep);
  EXPECT_FALSE(arrived.is_half());
  EXPECT_EQ(arrived.values()[1], -2.0F);
}

TEST(EncodedPayloadTest, int8_of_what_is_not_finite_is_not_finite) {
  const float infinity = std::numeric_limits<float>::infinity();
  const SharedParameters arrived =
      decode(encoded(parameters({1.0F, -infinity, 0.0F}), PayloadEncoding::Int8));
  EXPECT_TRUE(std::isnan(arrived.values()[1]));
}

TEST(EncodedPayloadTest, sparse_arrives_exactly_and_is_never_larger_than_dense) {
  RandomStream random(2, RandomPurpose::Test);
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::size_t count = 1 + random.below(100);
    const double density = random.uniform();
    const SharedParameters sent = random_parameters(random, count, density * density);
    const auto kept = count - static_cast<std::size_t>(std::ranges::count(sent.values(), 0.0F));
    const EncodedPayload payload = encoded(sent, PayloadEncoding::Sparse);
    EXPECT_EQ(payload.block.bytes.size(), std::min(8 * kept, 4 * count));
    const SharedParameters arrived = decode(payload, 100);
    ASSERT_TRUE(std::ranges::equal(std::as_bytes(arrived.values()), std::as_bytes(sent.values())));
  }
}

TEST(EncodedPayloadTest, sparse_that_would_not_be_smaller_is_sent_as_it_lies_in_memory) {
  const SharedParameters half_full = parameters({1.0F, 0.0F, 0.0F, 2.0F});
  const EncodedPayload payload = encoded(half_full, PayloadEncoding::Sparse);
  EXPECT_EQ(payload.encoding, PayloadEncoding::Fp32);
  EXPECT_EQ(payload.block.owner, half_full.owner());
}

TEST(EncodedPayloadTest, sparse_takes_minus_zero_for_zero_and_nan_for_a_value) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const EncodedPayload payload =
      encoded(parameters({-0.0F, 0.0F, nan, 0.0F}), PayloadEncoding::Sparse);
  EXPECT_EQ(payload.block.bytes.size(), 8U);
  const SharedParameters arrived = decode(payload);
  EXPECT_TRUE(std::isnan(arrived.values()[2]));
  EXPECT_FALSE(std::signbit(arrived.values()[0]));
}

TEST(EncodedPayloadTest, sparse_of_zeros_has_no_bytes_but_a_count) {
  const EncodedPayload payload = encoded(parameters({0.0F, 0.0F, 0.0F}), PayloadEncoding::Sparse);
  EXPECT_EQ(payload.encoding, PayloadEncoding::Sparse);
  EXPECT_EQ(payload.block.bytes.size(), 0U);
  EXPECT_THAT(decode(payload).values(), ElementsAre(0.0F, 0.0F, 0.0F));
}

TEST(EncodedPayloadTest, no_parameters_are_no_payload_in_any_encoding) {
  for (const PayloadEncoding encoding : kEncodings) {
    const EncodedPayload payload = encoded({}, encoding);
    EXPECT_EQ(payload.encoding, PayloadEncoding::Fp32);
    EXPECT_EQ(payload.count, 0U);
    EXPECT_TRUE(decode(payload, 0).empty());
  }
}

TEST(EncodedPayloadTest, expanded_payloads_come_from_the_pool_and_go_back_to_it) {
  ParameterPool pool(4);
  const float* first = nullptr;
  for (const PayloadEncoding encoding :
       {PayloadEncoding::Fp16, PayloadEncoding::Sparse, PayloadEncoding::Int8}) {
    const SharedParameters arrived =
        decode_payload(encoded(parameters({0.0F, 127.0F, 0.0F, 0.0F}), encoding), pool);
    EXPECT_THAT(arrived.values(), ElementsAre(0.0F, 127.0F, 0.0F, 0.0F));
    first = first == nullptr ? arrived.values().data() : first;
    EXPECT_EQ(arrived.values().data(), first);
  }
}

TEST(EncodedPayloadTest, more_values_than_the_pool_has_room_for_are_rejected) {
  for (const PayloadEncoding encoding : kEncodings) {
    const EncodedPayload payload = encoded(parameters({0.0F, 1.0F, 0.0F, 0.0F}), encoding);
    EXPECT_EQ(decode(payload, 4).size(), 4U);
    EXPECT_EQ(decode(payload, 9).size(), 4U);
    EXPECT_THROW(decode(payload, 3), DecodeError);
  }
}

struct BadCase {
  EncodedPayload payload;
  const char* error;
};

TEST(EncodedPayloadTest, wrong_sizes_are_rejected_before_anything_is_read) {
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  const BadCase cases[] = {
      {payload_of(PayloadEncoding::Fp32, 2, {1}), "bytes: expected 8, found 4"},
      {payload_of(PayloadEncoding::Fp16, 3, {1}), "bytes: expected 6, found 4"},
      {payload_of(PayloadEncoding::Fp16, 1, {1}), "bytes: expected 2, found 4"},
      {payload_of(PayloadEncoding::Bf16, 2, {1}, 1), "bytes: expected 4, found 3"},
      {payload_of(PayloadEncoding::Int8, 8, {1}), "bytes: expected 12, found 4"},
      {payload_of(PayloadEncoding::Int8, 5, {1, 2, 3}, 2), "bytes: expected 9, found 10"},
      {payload_of(PayloadEncoding::Int8, kHuge, {}), "values at most: expected 8"},
      {payload_of(PayloadEncoding::Sparse, 4, {1}), "bytes: expected 0, found 4"},
      {payload_of(PayloadEncoding::Sparse, 4, {1, 2, 3}), "bytes: expected 8, found 12"},
      {payload_of(PayloadEncoding::Sparse, 1, {0, 1, 1, 1}), "bytes at most: expected 8, found 16"},
      {payload_of(PayloadEncoding::Fp32, kHuge / 4 + 1, {}), "values at most: expected 8"},
      {payload_of(PayloadEncoding::Fp16, kHuge / 2 + 1, {}), "values at most: expected 8"},
      {payload_of(PayloadEncoding::Sparse, kHuge, {}), "values at most: expected 8"},
  };
  for (const BadCase& c : cases) {
    EXPECT_THAT(decode_error(c.payload), HasSubstr(c.error));
  }
}

TEST(EncodedPayloadTest, sparse_indices_must_rise_and_stay_inside) {
  constexpr std::uint32_t kOne = std::bit_cast<std::uint32_t>(1.0F);
  const BadCase cases[] = {
      {payload_of(PayloadEncoding::Sparse, 8, {3, 3, kOne, kOne}),
       "index at least: expected 4, found 3"},
      {payload_of(PayloadEncoding::Sparse, 8, {3, 0, kOne, kOne}),
       "index at least: expected 4, found 0"},
      {payload_of(PayloadEncoding::Sparse, 8, {8, kOne}), "index below: expected 8, found 8"},
      {payload_of(PayloadEncoding::Sparse, 4, {4, kOne}), "index below: expected 4, found 4"},
      {payload_of(PayloadEncoding::Sparse, 8, {0xFFFFFFFF, kOne}), "index below: expected 8"},
      {payload_of(PayloadEncoding::Sparse, 8, {7, 0, kOne, kOne}), "index at least: expected 8"},
      {payload_of(PayloadEncoding::Sparse, 8, {0, 7, kOne, kOne}), ""},
  };
  for (const BadCase& c : cases) {
    const std::string error = decode_error(c.payload);
    EXPECT_THAT(error, HasSubstr(c.error));
    EXPECT_EQ(error.empty(), *c.error == '\0');
  }
}

TEST(EncodedPayloadTest, a_changed_byte_is_found_in_every_encoding) {
  for (const PayloadEncoding encoding : kEncodings) {
    const EncodedPayload right =
        encoded(parameters({0.0F, 1.0F, 0.0F, 0.0F, 0.0F, -3.0F, 0.0F}), encoding);
    for (std::size_t i = 0; i < right.block.bytes.size(); ++i) {
      const auto owner = std::make_shared<AlignedVector<std::byte>>(right.block.bytes.begin(),
                                                                    right.block.bytes.end());
      (*owner)[i] ^= std::byte{1};
      EncodedPayload changed = right;
      changed.block = {owner, *owner};
      EXPECT_THAT(decode_error(changed), HasSubstr("payload: checksum"));
    }
  }
}

}  // namespace
}  // namespace hermes::wire
