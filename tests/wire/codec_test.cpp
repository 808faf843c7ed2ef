#include "hermes/wire/codec.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "hermes/core/error.hpp"
#include "wire/sample_messages.hpp"

namespace hermes::wire {
namespace {

using protocol::Message;
using testing::one_of_each;
using testing::parameters;
using testing::received;
using testing::same;

/// Decodes with a pool of its own.
Message decode(const Frame& frame, std::size_t count_max = 1024) {
  ParameterPool pool(count_max);
  return wire::decode(frame, pool);
}

class EveryKindTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EveryKindTest, comes_back_as_it_was) {
  RandomStream random(1, RandomPurpose::Test, GetParam());
  for (int i = 0; i < 2000; ++i) {
    const Message message = testing::random_message(GetParam(), random);
    const Frame frame = encode(message);
    ASSERT_LE(frame.header.size(), kHeaderBytesMax);
    ASSERT_TRUE(same(decode(received(frame)), message));
  }
}

INSTANTIATE_TEST_SUITE_P(CodecTest, EveryKindTest,
                         ::testing::Range<std::size_t>(0,
                                                       std::variant_size_v<protocol::MessageBody>));

TEST(CodecTest, neither_encode_nor_decode_copies_the_payload) {
  const Message message = one_of_each()[1];
  const Frame frame = encode(message);
  EXPECT_EQ(frame.payload.bytes.data(),
            reinterpret_cast<const std::byte*>(message.payload.values().data()));
  EXPECT_EQ(frame.payload.owner, message.payload.owner());

  const Frame arrived = received(frame);
  const Message decoded = decode(arrived);
  EXPECT_EQ(reinterpret_cast<const std::byte*>(decoded.payload.values().data()),
            arrived.payload.bytes.data());
  EXPECT_EQ(decoded.payload.owner(), arrived.payload.owner);
}

TEST(CodecTest, a_decoded_payload_outlives_its_frame_and_lets_go_of_its_block) {
  std::weak_ptr<const void> block;
  {
    Message decoded;
    {
      const Frame arrived = received(encode(one_of_each()[1]));
      block = arrived.payload.owner;
      decoded = decode(arrived);
    }
    EXPECT_FALSE(block.expired());
    EXPECT_THAT(decoded.payload.values(), ::testing::ElementsAre(1.0F, -2.0F, 0.5F));
  }
  EXPECT_TRUE(block.expired());
}

TEST(CodecTest, numbers_that_are_not_finite_keep_their_bits) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  Message message = one_of_each()[1];
  std::get<protocol::Report>(message.body).train_loss = nan;
  message.payload = parameters({inf, -inf, std::numeric_limits<float>::quiet_NaN(), -0.0F});
  const Message decoded = decode(received(encode(message)));
  EXPECT_TRUE(std::isnan(std::get<protocol::Report>(decoded.body).train_loss));
  EXPECT_TRUE(std::ranges::equal(std::as_bytes(decoded.payload.values()),
                                 std::as_bytes(message.payload.values())));
}

struct TextCase {
  std::string text;
  std::size_t length;
};

TEST(CodecTest, long_texts_are_cut_between_characters) {
  const std::string euro = "\xE2\x82\xAC";
  const TextCase cases[] = {
      {"", 0},
      {std::string(256, 'x'), 256},
      {std::string(257, 'x'), 256},
      {std::string(100000, 'x'), 256},
      {std::string(255, 'x') + euro, 255},
      {std::string(254, 'x') + euro, 254},
      {std::string(253, 'x') + euro, 256},
      {std::string(300, '\x80'), 0},
  };
  for (const TextCase& c : cases) {
    const Message message{protocol::Stop{protocol::StopReason::Failed, 0, c.text}, {}};
    const Message decoded = decode(encode(message), 0);
    EXPECT_EQ(std::get<protocol::Stop>(decoded.body).detail, c.text.substr(0, c.length));
  }
}

TEST(CodecTest, a_payload_of_exactly_the_limit_is_read_and_a_larger_one_is_not) {
  const Frame frame = encode(one_of_each()[1]);
  EXPECT_NO_THROW(decode(received(frame), 3));
  EXPECT_THROW(decode(received(frame), 2), DecodeError);
  EXPECT_THROW(decode(received(frame), 0), DecodeError);
}

TEST(CodecTest, header_without_a_payload_does_not_depend_on_the_encoding) {
  for (const std::size_t kind : {0U, 2U, 6U}) {
    const Message message = one_of_each()[kind];
    EXPECT_EQ(encode(message, PayloadEncoding::Sparse).header, encode(message).header);
  }
}

/// A release whose payload halves can hold.
Message release(const SharedParameters& model, std::uint64_t version = 1) {
  Message message = one_of_each()[4];
  std::get<protocol::Release>(message.body).version = Version{version};
  message.payload = model;
  return message;
}

TEST(EncoderTest, a_model_released_to_many_is_converted_once) {
  Encoder encoder(PayloadEncoding::Fp16);
  const Message first = release(parameters({1.0F, 2.0F, 3.0F}));
  Message second = first;
  std::get<protocol::Release>(second.body).ticket = Ticket{99};
  const Frame a = encoder.encode(first);
  const Frame b = encoder.encode(second);
  EXPECT_EQ(a.payload.bytes.data(), b.payload.bytes.data());
  EXPECT_TRUE(same(decode(received(a)), first));
  EXPECT_TRUE(same(decode(received(b)), second));
}

TEST(EncoderTest, each_version_is_its_own_even_where_another_one_lay) {
  Encoder encoder(PayloadEncoding::Fp16);
  ParameterPool pool(2);
  for (const std::uint64_t version : {0U, 1U, 2U, 1U}) {
    const std::vector<float> values(2, static_cast<float>(version));
    const Message message = release(pool.copy_of(values), version);  // one address
    EXPECT_TRUE(same(decode(received(encoder.encode(message))), message));
  }
}

TEST(EncoderTest, a_model_is_not_kept_alive) {
  Encoder encoder(PayloadEncoding::Bf16);
  std::weak_ptr<const void> owner;
  {
    const Message message = release(parameters({1.0F}));
    owner = message.payload.owner();
    encoder.encode(message);
  }
  EXPECT_TRUE(owner.expired());
}

TEST(EncoderTest, a_report_is_converted_anew_as_its_parameters_may_have_changed) {
  const auto values = std::make_shared<std::vector<float>>(3, 1.0F);
  Message report = one_of_each()[1];
  report.payload = {values, *values};
  Encoder encoder(PayloadEncoding::Fp16);
  encoder.encode(report);
  values->at(1) = 2.0F;
  EXPECT_TRUE(same(decode(received(encoder.encode(report))), report));
}

TEST(CodecDeathTest, a_body_that_disagrees_with_its_payload_is_a_bug_of_the_sender) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Message report = one_of_each()[1];
  report.payload = {};
  EXPECT_DEATH(encode(report), "disagree");
  Message stop = one_of_each()[6];
  stop.payload = parameters({1.0F});
  EXPECT_DEATH(encode(stop), "disagree");
}

}  // namespace
}  // namespace hermes::wire
