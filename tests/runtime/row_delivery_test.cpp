// Rows that rank 0 sends: both ends of it over the in-process transport, in one thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/support.hpp"
#include "hermes/data/file_rows.hpp"
#include "hermes/runtime/row_server.hpp"
#include "hermes/runtime/served_rows.hpp"
#include "hermes/transport/in_proc_network.hpp"
#include "hermes/wire/codec.hpp"
#include "runtime/row_slices.hpp"
#include "runtime/test_run.hpp"

namespace hermes::runtime {
namespace {

using testing::HasSubstr;

RunConfig served(RunConfig config) {
  config.data.delivery = Delivery::Server;
  return config;
}

class RowDeliveryTest : public testing::Test {
 protected:
  RowDeliveryTest() {
    server_channel_.hand_data_to(
        [this](Rank from, const wire::DataMessage& message) { server_.take(from, message); });
    worker_channel_.hand_data_to(
        [this](Rank, const wire::DataMessage& message) { rows_.take(message); });
  }

  /// Everybody works until the rows are there or nobody has anything to do.
  bool deliver() {
    for (int idle = 0; idle < 3;) {
      server_channel_.receive();
      idle = server_.serve_some() ? 0 : idle + 1;
      worker_channel_.receive();
      if (rows_.advance()) {
        return true;
      }
    }
    return false;
  }

  test::TestRun run_{20000};
  RunInputs inputs_{served(run_.config)};
  RunInputs worker_inputs_{served(run_.config), info_of(facts_of(inputs_.data_info()))};
  transport::InProcNetwork network_{3,
                                    {.header_bytes_max = wire::kHeaderBytesMax,
                                     .payload_bytes_max = payload_bytes_max(inputs_.config())}};
  std::unique_ptr<transport::Transport> server_side_ = network_.endpoint(kServerRank);
  std::unique_ptr<transport::Transport> worker_side_ = network_.endpoint(Rank{1});
  Channel server_channel_{*server_side_, 1000};
  Channel worker_channel_{*worker_side_, 1000};
  RowServer server_{inputs_, server_channel_};
  ServedRows rows_{worker_channel_};
};

const data::Segment kSegment{data::OrderKind::Shuffled, 7, 300, 19000};

void expect_equal(const data::Shard& found, const data::Shard& expected) {
  ASSERT_EQ(found.row_count(), expected.row_count());
  std::vector<std::uint32_t> indices(found.row_count());
  for (std::uint32_t i = 0; i < indices.size(); ++i) {
    indices[i] = i;
  }
  const std::size_t size = indices.size() * found.shape().size();
  std::vector<float> x(size);
  std::vector<float> expected_x(size);
  std::vector<std::int32_t> labels(indices.size());
  std::vector<std::int32_t> expected_labels(indices.size());
  found.fill_batch(indices, x, labels);
  expected.fill_batch(indices, expected_x, expected_labels);
  EXPECT_EQ(x, expected_x);
  EXPECT_EQ(labels, expected_labels);
}

TEST_F(RowDeliveryTest, delivered_rows_are_those_of_the_file) {
  data::FileRows file(inputs_.plan(), inputs_.evaluation_rows());
  data::Shard expected = inputs_.make_shard();
  data::Shard found = worker_inputs_.make_shard();
  const data::Segment by_label{data::OrderKind::ByLabel, 3, 10, 5000, {3, 2}};
  for (const data::RowRequest& request : {data::RowRequest(data::EvaluationRows{}),
                                          data::RowRequest(kSegment), data::RowRequest(by_label)}) {
    file.start(request, expected);
    while (!file.advance()) {
    }
    rows_.start(request, found);
    EXPECT_FALSE(rows_.advance());
    ASSERT_TRUE(deliver());
    expect_equal(found, expected);
  }
  EXPECT_EQ(server_channel_.bytes_data(), worker_channel_.bytes_data());
  EXPECT_GT(server_channel_.bytes_data(), 24100U * 36U);
  EXPECT_EQ(server_channel_.bytes_sent() + server_channel_.bytes_received(), 0U);
}

TEST_F(RowDeliveryTest, description_says_what_the_file_says) {
  const data::DatasetInfo& info = inputs_.data_info();
  const data::DatasetInfo& told = worker_inputs_.data_info();
  EXPECT_EQ(told.features, info.features);
  EXPECT_EQ(told.element_type, info.element_type);
  EXPECT_EQ(told.rows, info.rows);
  EXPECT_EQ(told.mean, info.mean);
  EXPECT_EQ(told.scale, info.scale);
  EXPECT_FALSE(worker_inputs_.has_file());
  EXPECT_EQ(worker_inputs_.traits(), inputs_.traits());
}

TEST_F(RowDeliveryTest, a_newer_request_replaces_an_older_one) {
  data::Shard found = worker_inputs_.make_shard();
  rows_.start(kSegment, found);
  server_channel_.receive();
  server_.serve_some();  // a slice of the old request is on its way
  rows_.start(data::Segment{data::OrderKind::Shuffled, 8, 0, 50}, found);
  ASSERT_TRUE(deliver());
  EXPECT_EQ(found.row_count(), 50U);
}

TEST_F(RowDeliveryTest, slices_wait_while_a_worker_is_silent_and_end_with_the_run) {
  data::Shard found = worker_inputs_.make_shard();
  rows_.start(kSegment, found);
  server_channel_.receive();
  server_.pause(Rank{1});
  EXPECT_FALSE(deliver());
  server_.resume(Rank{1});
  EXPECT_TRUE(deliver());
  rows_.start(kSegment, found);
  server_channel_.receive();
  server_.close();
  EXPECT_FALSE(deliver());
}

TEST_F(RowDeliveryTest, workers_are_served_in_turn) {
  const std::unique_ptr<transport::Transport> other_side = network_.endpoint(Rank{2});
  Channel other(*other_side, 1000);
  data::Shard found = worker_inputs_.make_shard();
  rows_.start(kSegment, found);
  other.send(kServerRank, wire::DataMessage{wire::AskRows{.request = 1, .count = 19000}, {}});
  server_channel_.receive();
  std::vector<int> slices(3);
  other.hand_data_to([&](Rank, const wire::DataMessage&) { ++slices[2]; });
  worker_channel_.hand_data_to([&](Rank, const wire::DataMessage&) { ++slices[1]; });
  ASSERT_TRUE(server_.serve_some());
  ASSERT_TRUE(server_.serve_some());
  other.receive();
  worker_channel_.receive();
  EXPECT_EQ(slices, (std::vector<int>{0, 1, 1}));
}

TEST_F(RowDeliveryTest, impossible_requests_are_answered_with_what_is_wrong) {
  data::Shard found = worker_inputs_.make_shard();
  rows_.start(data::Segment{data::OrderKind::Shuffled, 8, 0, 20001}, found);
  EXPECT_THAT(data::test::data_error([this] { deliver(); }),
              HasSubstr("expected at most 19900 training rows, found 20001"));
  rows_.start(data::Segment{data::OrderKind::Shuffled, 8, 0, 0}, found);
  EXPECT_THAT(data::test::data_error([this] { deliver(); }),
              HasSubstr("expected to be asked for some"));
}

TEST_F(RowDeliveryTest, rows_that_cannot_be_those_asked_for_are_refused) {
  const auto owner = std::make_shared<AlignedVector<std::byte>>(72);  // two rows
  const SharedBytes two{owner, *owner};
  struct Case {
    wire::RowSlice slice;
    const char* error;
  };
  const Case cases[] = {
      {{.total = 0, .rows = 2}, "expected 3, found 0"},
      {{.total = 4, .rows = 2}, "expected 3, found 4"},
      {{.total = 3, .rows = 0}, "for 0 rows, found 72"},
      {{.total = 3, .rows = 1}, "expected 36 bytes for 1 rows, found 72"},
      {{.total = 3, .rows = std::uint64_t{1} << 62U}, "rows, found 72"},
  };
  for (Case c : cases) {
    data::Shard found = worker_inputs_.make_shard();
    ServedRows rows(worker_channel_);
    rows.start(data::Segment{data::OrderKind::Shuffled, 8, 0, 3}, found);
    c.slice.request = 1;
    EXPECT_THAT(data::test::data_error([&] { rows.take({c.slice, two}); }), HasSubstr(c.error));
    c.slice.request = 0;  // no answer to this request: no matter
    EXPECT_NO_THROW(rows.take({c.slice, two}));
  }
}

TEST_F(RowDeliveryTest, impossible_descriptions_are_refused) {
  const wire::DataMessage good = facts_of(inputs_.data_info());
  EXPECT_NO_THROW(info_of(good));
  for (const std::uint64_t extent : {std::uint64_t{0}, std::uint64_t{1} << 40U}) {
    wire::DataMessage bad = good;
    std::get<wire::DatasetFacts>(bad.body).width = extent;
    EXPECT_THAT(data::test::data_error([&] { info_of(bad); }), HasSubstr("features: expected"));
  }
  wire::DataMessage cut = good;
  cut.payload.bytes = cut.payload.bytes.first(4);
  EXPECT_THAT(data::test::data_error([&] { info_of(cut); }), HasSubstr("means and scales"));
}

}  // namespace
}  // namespace hermes::runtime
