#include "hermes/data/prefetcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>

#include "data/support.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/random.hpp"
#include "hermes/data/file_rows.hpp"

namespace hermes::data {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kRows = 4000;

void wait_for(RowSource& source) {
  while (!source.advance()) {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

/// The normalised rows and labels of a shard.
std::pair<std::vector<float>, std::vector<std::int32_t>> content(const Shard& shard) {
  std::vector<std::uint32_t> indices(shard.row_count());
  for (std::uint32_t i = 0; i < indices.size(); ++i) {
    indices[i] = i;
  }
  std::vector<float> x(indices.size() * shard.shape().size());
  std::vector<std::int32_t> labels(indices.size());
  shard.fill_batch(indices, x, labels);
  return {x, labels};
}

Segment random_segment(RandomStream& random, std::uint64_t rows) {
  const bool by_label = random.below(4) == 0;
  return {.kind = by_label ? OrderKind::ByLabel : OrderKind::Shuffled,
          .order_seed = random.below(3),
          .first = by_label ? 0 : random.below(rows),
          .count = 1 + random.below(rows - 1),
          .label_pools = {by_label ? 2U : 1U, 1}};
}

class PrefetcherTest : public testing::Test {
 protected:
  PrefetcherTest() : dataset_(make()) {}

  Dataset make() const {
    test::write_image_set(directory_ / "a.h5", kRows, 3);
    return Dataset(directory_ / "a.h5");
  }
  std::unique_ptr<FileRows> file_rows() const {
    return std::make_unique<FileRows>(plan_, RowSelection{Split::Train, {{3, 40}, {90, 7}}});
  }

  test::TemporaryDirectory directory_;
  Dataset dataset_;
  RowPlan plan_{dataset_, 100, 1};
};

TEST_F(PrefetcherTest, rows_are_those_of_the_source_in_the_callers_thread) {
  RandomStream random(1, RandomPurpose::Test);
  const std::unique_ptr<FileRows> expected_rows = file_rows();
  Prefetcher prefetcher(file_rows());
  Shard expected(dataset_, 3);
  Shard shards[2] = {Shard(dataset_, 3), Shard(dataset_, 3)};
  for (int i = 0; i < 30; ++i) {
    const RowRequest request = i % 10 == 0
                                   ? RowRequest(EvaluationRows{})
                                   : RowRequest(random_segment(random, plan_.training_count()));
    Shard& shard = shards[i % 2];
    prefetcher.start(request, shard);
    expected_rows->start(request, expected);
    wait_for(*expected_rows);
    wait_for(prefetcher);
    ASSERT_TRUE(shard.loaded());
    ASSERT_EQ(content(shard), content(expected)) << i;
  }
}

TEST_F(PrefetcherTest, a_newer_request_is_what_is_fetched) {
  RandomStream random(2, RandomPurpose::Test);
  const std::unique_ptr<FileRows> expected_rows = file_rows();
  Prefetcher prefetcher(file_rows());
  Shard expected(dataset_, 3);
  Shard shards[2] = {Shard(dataset_, 3), Shard(dataset_, 3)};
  for (int i = 0; i < 100; ++i) {
    // The same shard or the other; begun, half read or finished: whatever the thread has come to.
    prefetcher.start(random_segment(random, plan_.training_count()), shards[random.below(2)]);
    for (std::uint64_t spin = random.below(2000); spin > 0; --spin) {
      prefetcher.advance();
    }
    const Segment segment = random_segment(random, plan_.training_count());
    Shard& shard = shards[random.below(2)];
    prefetcher.start(segment, shard);
    expected_rows->start(segment, expected);
    wait_for(*expected_rows);
    wait_for(prefetcher);
    ASSERT_EQ(content(shard), content(expected)) << i;
  }
}

TEST_F(PrefetcherTest, data_sets_and_tensor_files_may_be_used_while_it_reads) {
  Prefetcher prefetcher(file_rows());
  Shard in_background(dataset_, 3);
  Shard here(dataset_, 3);
  for (int i = 0; i < 20; ++i) {
    prefetcher.start(Segment{OrderKind::Shuffled, 1, 0, 3900}, in_background);
    here.load({Split::Train, {{0, 1000}}});
    EXPECT_EQ(Dataset(directory_ / "a.h5").info().row_count(Split::Train), kRows);
    wait_for(prefetcher);
    EXPECT_EQ(in_background.row_count(), 3900U);
  }
}

TEST_F(PrefetcherTest, memory_is_used_again) {
  Prefetcher prefetcher(file_rows());
  Shard shard(dataset_, 3);
  prefetcher.start(Segment{OrderKind::Shuffled, 1, 0, 1000}, shard);
  wait_for(prefetcher);
  const std::size_t bytes = shard.bytes();
  const std::int32_t* labels = std::get<std::span<const std::int32_t>>(shard.targets()).data();
  for (std::uint64_t window = 1; window < 4; ++window) {
    prefetcher.start(Segment{OrderKind::Shuffled, 1, window * 900, 900}, shard);
    wait_for(prefetcher);
    EXPECT_EQ(shard.bytes(), bytes);
    EXPECT_EQ(std::get<std::span<const std::int32_t>>(shard.targets()).data(), labels);
  }
}

TEST_F(PrefetcherTest, what_is_wrong_with_the_rows_is_thrown_where_they_are_waited_for) {
  Prefetcher prefetcher(file_rows());
  Shard narrow(dataset_, 2);
  for (int i = 0; i < 3; ++i) {
    prefetcher.start(Segment{OrderKind::Shuffled, 1, 0, 1000}, narrow);
    EXPECT_THAT(test::data_error([&] { wait_for(prefetcher); }),
                HasSubstr("expected a label in [0, 2), found 2"));
    EXPECT_FALSE(prefetcher.advance());  // said once; the rows are still not there
    Shard good(dataset_, 3);
    prefetcher.start(Segment{OrderKind::Shuffled, 1, 0, 1000}, good);
    EXPECT_NO_THROW(wait_for(prefetcher));
  }
}

TEST_F(PrefetcherTest, ends_in_good_order_idle_reading_or_failing) {
  for (int i = 0; i < 30; ++i) {
    Shard shard(dataset_, i % 2 == 0 ? 3 : 2);
    Prefetcher prefetcher(file_rows());
    if (i % 5 != 0) {
      prefetcher.start(Segment{OrderKind::Shuffled, 1, 0, 3900}, shard);
    }
    for (int spin = 0; spin < 100 * i && i % 2 == 0; ++spin) {
      prefetcher.advance();
    }
  }
}

/// Never has all rows.
class EndlessRows final : public RowSource {
 public:
  explicit EndlessRows(std::atomic<int>& slices) : slices_(slices) {}
  void start(const RowRequest& /*request*/, Shard& /*shard*/) override {}
  bool advance() override {
    ++slices_;
    return false;
  }
  bool is_background() const override { return false; }

 private:
  std::atomic<int>& slices_;
};

TEST_F(PrefetcherTest, gives_up_between_two_slices_when_it_is_destroyed) {
  std::atomic<int> slices = 0;
  Shard shard(dataset_, 3);
  {
    Prefetcher prefetcher(std::make_unique<EndlessRows>(slices));
    EXPECT_TRUE(prefetcher.advance());  // nothing was asked for
    prefetcher.start(EvaluationRows{}, shard);
    while (slices < 3) {
      EXPECT_FALSE(prefetcher.advance());
    }
  }
  EXPECT_GE(slices, 3);
}

}  // namespace
}  // namespace hermes::data
