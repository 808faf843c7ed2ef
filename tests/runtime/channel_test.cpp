#include "hermes/runtime/channel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <set>

#include "hermes/core/parameters.hpp"
#include "hermes/wire/codec.hpp"
#include "wire/header.hpp"

namespace hermes::runtime {
namespace {

using protocol::Heartbeat;
using protocol::Leave;
using protocol::Message;
using protocol::StopReason;

/// Takes frames only for peers that are not in `full`, and gives out what a test puts in.
class FakeTransport final : public transport::Transport {
 public:
  Rank rank() const override { return kServerRank; }
  std::int32_t rank_count() const override { return 4; }
  Instant now() const override { return now_; }
  bool send(Rank to, Frame frame) override {
    if (full.contains(to)) {
      return false;
    }
    sent.emplace_back(to, std::move(frame));
    return true;
  }
  std::optional<transport::Received> receive() override {
    if (inbox.empty()) {
      return std::nullopt;
    }
    transport::Received first = std::move(inbox.front());
    inbox.pop_front();
    return first;
  }
  void wait(Duration at_most) override { now_ += at_most; }
  std::size_t pending_sends(Rank) const override { return 0; }
  bool flush(Instant) override { return true; }
  void abandon(Rank peer) override { abandoned.insert(peer); }
  const transport::Traffic& traffic(Rank) const override { return traffic_; }

  std::set<Rank> full;
  std::set<Rank> abandoned;
  std::vector<std::pair<Rank, Frame>> sent;
  std::deque<transport::Received> inbox;

 private:
  Instant now_{};
  transport::Traffic traffic_;
};

Message leave(const std::string& detail) {
  return {Leave{StopReason::Failed, {}, detail}, {}};
}

Message push(std::size_t parameters) {
  protocol::Report report;
  report.kind = protocol::ReportKind::Push;
  report.payload = protocol::PayloadKind::Delta;
  return {report, ParameterPool(parameters).copy_of(std::vector<float>(parameters, 1.5F))};
}

constexpr std::size_t kParameters = 250;

class ChannelTest : public testing::Test {
 protected:
  /// "rank:detail" of the farewells sent so far.
  std::vector<std::string> sent() const {
    std::vector<std::string> texts;
    for (const auto& [to, frame] : transport_.sent) {
      ParameterPool pool(kParameters);
      const Message message = wire::decode(frame, pool);
      const auto* farewell = std::get_if<Leave>(&message.body);
      texts.push_back(std::to_string(to.value) + ":" + (farewell ? farewell->detail : "beat"));
    }
    return texts;
  }

  FakeTransport transport_;
  Channel channel_{transport_, kParameters};
};

using Texts = std::vector<std::string>;

TEST_F(ChannelTest, message_arrives_as_it_was_sent) {
  channel_.send(Rank{2}, push(10));
  ASSERT_EQ(transport_.sent.size(), 1U);
  transport_.inbox.push_back({Rank{2}, transport_.sent.front().second});
  const std::optional<Channel::Incoming> incoming = channel_.receive();
  ASSERT_TRUE(incoming && incoming->message);
  EXPECT_EQ(incoming->from, Rank{2});
  EXPECT_EQ(std::get<protocol::Report>(incoming->message->body).payload,
            protocol::PayloadKind::Delta);
  EXPECT_EQ(incoming->message->payload.size(), 10U);
  EXPECT_FALSE(channel_.receive());
}

TEST_F(ChannelTest, garbage_is_handed_on_as_no_message) {
  const Frame whole = wire::encode(leave("well"));
  Frame cut = whole;
  cut.header.resize(cut.header.size() - 1);
  const Frame large = wire::encode(push(kParameters + 1));
  transport_.inbox.push_back({Rank{1}, {}});
  transport_.inbox.push_back({Rank{2}, cut});
  transport_.inbox.push_back({Rank{3}, Frame{Bytes(64, std::byte{0xA5}), {}}});
  transport_.inbox.push_back({Rank{1}, {}, true});
  transport_.inbox.push_back({Rank{2}, large});
  transport_.inbox.push_back({Rank{3}, whole});
  for (const std::int32_t from : {1, 2, 3, 1, 2}) {
    const std::optional<Channel::Incoming> incoming = channel_.receive();
    ASSERT_TRUE(incoming);
    EXPECT_EQ(incoming->from, Rank{from});
    EXPECT_FALSE(incoming->message);
  }
  EXPECT_TRUE(channel_.receive()->message);
}

TEST_F(ChannelTest, delayed_messages_keep_their_order) {
  transport_.full = {Rank{1}};
  channel_.send(Rank{1}, leave("a"));
  channel_.send(Rank{1}, leave("b"));
  EXPECT_TRUE(sent().empty());
  transport_.full.clear();
  channel_.send(Rank{1}, leave("c"));
  EXPECT_EQ(sent(), (Texts{"1:a", "1:b", "1:c"}));
}

TEST_F(ChannelTest, delayed_messages_leave_when_mail_is_looked_for) {
  transport_.full = {Rank{1}};
  channel_.send(Rank{1}, leave("a"));
  transport_.full.clear();
  EXPECT_FALSE(channel_.receive());
  EXPECT_EQ(sent(), Texts{"1:a"});
}

TEST_F(ChannelTest, peer_that_takes_nothing_holds_up_nobody_else) {
  transport_.full = {Rank{1}, Rank{2}};
  channel_.send(Rank{1}, leave("a"));
  channel_.send(Rank{2}, leave("b"));
  channel_.send(Rank{2}, leave("c"));
  channel_.send(Rank{3}, leave("d"));
  EXPECT_EQ(sent(), Texts{"3:d"});
  transport_.full = {Rank{1}};
  channel_.send(Rank{2}, leave("e"));
  EXPECT_EQ(sent(), (Texts{"3:d", "2:b", "2:c", "2:e"}));
}

TEST_F(ChannelTest, heartbeats_are_dropped_while_a_peer_takes_nothing) {
  transport_.full = {Rank{1}};
  channel_.send(Rank{1}, {Heartbeat{}, {}});
  const std::uint64_t before = channel_.bytes_sent();
  EXPECT_EQ(before, 0U);
  channel_.send(Rank{1}, leave("a"));
  channel_.send(Rank{1}, {Heartbeat{}, {}});
  channel_.send(Rank{2}, {Heartbeat{}, {}});
  transport_.full.clear();
  channel_.receive();
  EXPECT_EQ(sent(), (Texts{"2:beat", "1:a"}));
}

TEST_F(ChannelTest, counts_header_and_payload_bytes_once) {
  const Frame frame = wire::encode(push(100));
  const std::uint64_t size = frame.header.size() + 400;
  transport_.full = {Rank{1}};
  channel_.send(Rank{1}, push(100));
  EXPECT_EQ(channel_.bytes_sent(), size);
  transport_.full.clear();
  channel_.receive();
  EXPECT_EQ(channel_.bytes_sent(), size);
  EXPECT_EQ(channel_.bytes_received(), 0U);
  transport_.inbox.push_back({Rank{1}, frame});
  channel_.receive();
  EXPECT_EQ(channel_.bytes_received(), size);
  EXPECT_EQ(channel_.messages_sent(), 1U);
  EXPECT_EQ(channel_.messages_received(), 1U);
}

TEST_F(ChannelTest, inside_one_process_no_byte_counts_as_moved) {
  Channel channel(transport_, kParameters, wire::PayloadEncoding::Fp32, Channel::Wire::None);
  channel.send(Rank{1}, push(100));
  transport_.inbox.push_back({Rank{1}, wire::encode(push(100))});
  EXPECT_TRUE(channel.receive()->message);
  EXPECT_EQ(channel.bytes_sent(), 0U);
  EXPECT_EQ(channel.bytes_received(), 0U);
  EXPECT_EQ(channel.messages_sent() + channel.messages_received(), 0U);
}

TEST_F(ChannelTest, sends_in_its_own_encoding_and_understands_every_other) {
  for (const auto encoding :
       {wire::PayloadEncoding::Fp16, wire::PayloadEncoding::Bf16, wire::PayloadEncoding::Sparse,
        wire::PayloadEncoding::Int8, wire::PayloadEncoding::Fp32}) {
    Channel channel(transport_, kParameters, encoding);
    EXPECT_EQ(channel.encoding(), encoding);
    Message message = push(100);
    std::vector<float> values(100);
    values[7] = 127.0F;  // any of them can hold it
    message.payload = ParameterPool(100).copy_of(values);
    channel.send(Rank{1}, message);
    const Frame& frame = transport_.sent.back().second;
    EXPECT_EQ(frame.payload.bytes.size(), wire::encode(message, encoding).payload.bytes.size());
    EXPECT_EQ(channel.bytes_sent(), frame.header.size() + frame.payload.bytes.size());
    transport_.inbox.push_back({Rank{1}, frame});
    const std::optional<Channel::Incoming> incoming = channel_.receive();
    ASSERT_TRUE(incoming && incoming->message);
    EXPECT_TRUE(std::ranges::equal(incoming->message->payload.values(), values));
  }
}

TEST_F(ChannelTest, data_frames_go_to_their_receiver_and_are_counted_apart) {
  const Frame ask = wire::encode_data({wire::AskRows{.request = 5}, {}});
  std::vector<std::uint64_t> requests;
  transport_.inbox.push_back({Rank{1}, ask});
  EXPECT_FALSE(channel_.receive()->message);  // nobody wants it: no message of ours
  const std::uint64_t before = channel_.bytes_received();
  channel_.hand_data_to([&](Rank from, const wire::DataMessage& message) {
    EXPECT_EQ(from, Rank{1});
    requests.push_back(std::get<wire::AskRows>(message.body).request);
  });
  Frame cut = ask;
  cut.header.resize(cut.header.size() - 1);
  transport_.inbox.push_back({Rank{1}, ask});
  transport_.inbox.push_back({Rank{1}, ask});
  transport_.inbox.push_back({Rank{2}, cut});
  const std::optional<Channel::Incoming> garbage = channel_.receive();
  ASSERT_TRUE(garbage);
  EXPECT_EQ(garbage->from, Rank{2});
  EXPECT_FALSE(garbage->message);
  EXPECT_EQ(requests, (std::vector<std::uint64_t>{5, 5}));
  EXPECT_EQ(channel_.bytes_data(), 2 * ask.header.size());
  EXPECT_EQ(channel_.bytes_received() - before, cut.header.size());
  channel_.send(Rank{1}, wire::DataMessage{wire::AskDataset{}, {}});
  EXPECT_EQ(channel_.bytes_data(),
            2 * ask.header.size() + transport_.sent.back().second.header.size());
  EXPECT_EQ(channel_.bytes_sent(), 0U);
}

TEST_F(ChannelTest, data_frames_keep_their_order_and_are_pending_while_a_peer_takes_nothing) {
  transport_.full = {Rank{1}};
  channel_.send(Rank{1}, wire::DataMessage{wire::RowsFailed{1, "a"}, {}});
  channel_.send(Rank{1}, leave("b"));
  EXPECT_EQ(channel_.pending(Rank{1}), 2U);
  EXPECT_EQ(channel_.pending(Rank{2}), 0U);
  transport_.full.clear();
  channel_.receive();
  ASSERT_EQ(transport_.sent.size(), 2U);
  EXPECT_TRUE(wire::is_data_frame(transport_.sent.front().second));
  EXPECT_EQ(channel_.pending(Rank{1}), 0U);
}

TEST_F(ChannelTest, flush_waits_for_delayed_messages_up_to_its_bound) {
  transport_.full = {Rank{1}};
  channel_.send(Rank{1}, leave("a"));
  EXPECT_FALSE(channel_.flush(seconds(2.0)));
  EXPECT_GE(transport_.now(), at_seconds(2.0));
  transport_.full.clear();
  EXPECT_TRUE(channel_.flush(seconds(2.0)));
  EXPECT_EQ(sent(), Texts{"1:a"});
}

TEST_F(ChannelTest, abandoned_peer_gets_nothing_that_was_delayed) {
  transport_.full = {Rank{1}, Rank{2}};
  channel_.send(Rank{1}, leave("a"));
  channel_.send(Rank{2}, leave("b"));
  channel_.abandon(Rank{1});
  EXPECT_TRUE(transport_.abandoned.contains(Rank{1}));
  transport_.full.clear();
  EXPECT_TRUE(channel_.flush(seconds(1.0)));
  EXPECT_EQ(sent(), Texts{"2:b"});
}

TEST_F(ChannelTest, says_of_a_whole_frame_that_it_is_of_another_version) {
  constexpr std::size_t kVersionAt = 4;
  for (Frame frame : {wire::encode(leave("x")), wire::encode_data({wire::AskDataset{}, {}})}) {
    frame.header[kVersionAt] = std::byte{9};
    transport_.inbox.push_back({Rank{1}, frame});
    EXPECT_EQ(channel_.receive()->other_version, "");  // the checksum tells that it is damage
    frame.header.resize(frame.header.size() - sizeof(std::uint32_t));
    wire::seal_header(frame.header);
    transport_.inbox.push_back({Rank{1}, frame});
    const std::optional<Channel::Incoming> incoming = channel_.receive();
    EXPECT_FALSE(incoming->message);
    EXPECT_NE(incoming->other_version.find("found 9"), std::string::npos);
  }
}

}  // namespace
}  // namespace hermes::runtime
