#include "hermes/core/state_archive.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hermes {
namespace {

using testing::HasSubstr;

struct Everything {
  std::uint32_t number = 7;
  double real = -0.25;
  bool flag = true;
  std::string text = "a line";
  Rank rank{3};
  Instant instant = at_seconds(1.5);
  std::optional<Duration> nothing{};
  std::optional<std::uint64_t> something = 9;
  std::deque<double> window{1.0, 2.0};
  std::vector<float> values{0.5F, -0.5F, 3.0F};
  std::array<std::uint64_t, 2> pair{4, 5};
  std::map<Rank, std::string> names{{Rank{1}, "one"}, {Rank{2}, "two"}};
};

template <class Archive>
void serialize(Archive& archive, Everything& all, unsigned) {
  fields(archive, all.number, all.real, all.flag, all.text, all.rank, all.instant, all.nothing,
         all.something, all.window, all.values, all.pair, all.names);
}

Bytes bytes_of(const Everything& all) {
  StateWriter writer;
  writer& all;
  return std::move(writer).take();
}

Everything other() {
  Everything all;
  all = {1, 0.0, false, "", Rank{}, {}, seconds(2.0), {}, {5.0}, {}, {}, {{Rank{9}, "nine"}}};
  return all;
}

TEST(StateArchiveTest, what_was_written_comes_back) {
  const Bytes bytes = bytes_of({});
  EXPECT_EQ(bytes.size() % StateWriter::kWord, 0);
  Everything found = other();
  StateReader reader(bytes);
  reader& found;
  reader.expect_end();
  EXPECT_EQ(bytes_of(found), bytes);
  EXPECT_EQ(found.text, "a line");
  EXPECT_FALSE(found.nothing.has_value());
  EXPECT_EQ(found.window, (std::deque<double>{1.0, 2.0}));
  EXPECT_EQ(found.names.at(Rank{2}), "two");
}

TEST(StateArchiveTest, parameters_come_back_as_floats) {
  const auto halves = std::make_shared<std::vector<std::uint16_t>>(3, std::uint16_t{0x3C00});
  StateWriter writer;
  writer& SharedParameters(halves, *halves, HalfFormat::Fp16);
  const Bytes bytes = std::move(writer).take();
  SharedParameters found;
  StateReader reader(bytes);
  reader& found;
  EXPECT_THAT(found.values(), testing::Each(1.0F));
  EXPECT_EQ(found.size(), 3U);
}

TEST(StateArchiveTest, bytes_that_end_early_are_refused_wherever_they_end) {
  const Bytes bytes = bytes_of({});
  for (std::size_t size = 0; size + StateWriter::kWord <= bytes.size(); ++size) {
    Everything found;
    const std::span<const std::byte> all(bytes);
    StateReader reader(all.first(size));
    EXPECT_THROW(reader & found, DecodeError) << size;
  }
}

TEST(StateArchiveTest, a_count_is_checked_against_the_bytes_that_are_left) {
  StateWriter writer;
  writer& std::uint64_t{1} << 60;
  const Bytes bytes = std::move(writer).take();
  std::vector<float> values;
  StateReader reader(bytes);
  EXPECT_THROW(reader & values, DecodeError);
  EXPECT_TRUE(values.empty());
}

TEST(StateArchiveTest, values_are_read_back_to_where_as_many_are_expected) {
  const std::vector<float> saved{1.0F, 2.0F, 3.0F};
  StateWriter writer;
  writer& std::span<const float>(saved);
  const Bytes bytes = std::move(writer).take();
  std::vector<float> room(3);
  std::span<float> exact(room);
  StateReader reader(bytes);
  reader& exact;
  EXPECT_EQ(room, saved);
  std::span<float> too_small = std::span(room).first(2);
  StateReader again(bytes);
  try {
    again& too_small;
    FAIL();
  } catch (const DecodeError& error) {
    EXPECT_THAT(error.what(), HasSubstr("expected 2 numbers, found 3"));
  }
}

TEST(StateArchiveTest, more_than_padding_after_the_end_is_refused) {
  Bytes bytes = bytes_of({});
  bytes.resize(bytes.size() + StateWriter::kWord);
  Everything found;
  StateReader reader(bytes);
  reader& found;
  EXPECT_THROW(reader.expect_end(), DecodeError);
}

}  // namespace
}  // namespace hermes
