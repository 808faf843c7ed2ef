#include "hermes/data/augmentation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>
#include <vector>

namespace hermes::data {
namespace {

std::vector<float> counting_pictures(const FeatureShape& shape, std::size_t count) {
  std::vector<float> pictures(shape.size() * count);
  std::iota(pictures.begin(), pictures.end(), 1.0F);
  return pictures;
}

/// One pixel after the other, out of a picture that really has zeros around it.
std::vector<float> slowly_changed(std::vector<float> pictures, const Augmentation& augmentation,
                                  const FeatureShape& shape, RandomStream stream) {
  const std::size_t padding = augmentation.crop_padding;
  const std::size_t padded_width = shape.width + 2 * padding;
  const auto at = [&](std::size_t width, std::size_t y, std::size_t x, std::size_t channel) {
    return (y * width + x) * shape.channels + channel;
  };
  for (std::size_t first = 0; first < pictures.size(); first += shape.size()) {
    std::vector<float> padded((shape.height + 2 * padding) * padded_width * shape.channels);
    for (std::size_t y = 0; y < shape.height; ++y) {
      for (std::size_t x = 0; x < shape.width; ++x) {
        for (std::size_t c = 0; c < shape.channels; ++c) {
          padded[at(padded_width, y + padding, x + padding, c)] =
              pictures[first + at(shape.width, y, x, c)];
        }
      }
    }
    const std::size_t top = padding > 0 ? stream.below(2 * padding + 1) : 0;
    const std::size_t left = padding > 0 ? stream.below(2 * padding + 1) : 0;
    const bool is_flipped = augmentation.flip && stream.below(2) == 1;
    for (std::size_t y = 0; y < shape.height; ++y) {
      for (std::size_t x = 0; x < shape.width; ++x) {
        const std::size_t from = is_flipped ? shape.width - 1 - x : x;
        for (std::size_t c = 0; c < shape.channels; ++c) {
          pictures[first + at(shape.width, y, x, c)] =
              padded[at(padded_width, top + y, left + from, c)];
        }
      }
    }
  }
  return pictures;
}

TEST(AugmentationTest, is_off_unless_asked_for) {
  EXPECT_FALSE(Augmentation{}.is_on());
  EXPECT_TRUE((Augmentation{true, 0}.is_on()));
  EXPECT_TRUE((Augmentation{false, 1}.is_on()));
}

TEST(AugmenterTest, equals_cutting_pixel_by_pixel_out_of_a_padded_picture) {
  const FeatureShape shapes[] = {{1, 1, 1}, {1, 5, 4}, {3, 4, 7}, {3, 32, 32}, {2, 9, 1}};
  for (const FeatureShape& shape : shapes) {
    for (std::uint32_t padding = 0; padding < std::min(shape.height, shape.width); ++padding) {
      for (const bool flip : {false, true}) {
        const Augmentation augmentation{flip, padding};
        const RandomStream stream(padding, RandomPurpose::Augmentation, shape.size());
        const std::vector<float> before = counting_pictures(shape, 40);
        std::vector<float> found = before;
        Augmenter(augmentation, shape, stream).apply(found);
        EXPECT_EQ(found, slowly_changed(before, augmentation, shape, stream))
            << shape.channels << " x " << shape.height << " x " << shape.width << ", padding "
            << padding << ", flip " << flip;
      }
    }
  }
}

TEST(AugmenterTest, each_move_is_as_likely_as_any_other_and_every_second_picture_turns) {
  // Ten deviations of a binomial: a fair draw passes with any seed.
  constexpr std::size_t kPictures = 20'000;
  constexpr std::size_t kPadding = 2;
  const FeatureShape shape{1, 7, 7};
  std::vector<float> pictures(kPictures * shape.size());
  for (std::size_t picture = 0; picture < kPictures; ++picture) {
    pictures[picture * shape.size() + 3 * 7 + 3] = 1.0F;  // the middle
    pictures[picture * shape.size() + 3 * 7 + 4] = 2.0F;  // what is right of it
  }
  Augmenter({true, kPadding}, shape, RandomStream(5, RandomPurpose::Augmentation)).apply(pictures);
  std::vector<std::size_t> seen(shape.size());
  std::size_t turned = 0;
  for (std::size_t picture = 0; picture < kPictures; ++picture) {
    const float* begin = pictures.data() + picture * shape.size();
    const auto place =
        static_cast<std::size_t>(std::find(begin, begin + shape.size(), 1.0F) - begin);
    ASSERT_LT(place, shape.size());
    ++seen[place];
    turned += begin[place - 1] == 2.0F ? 1 : 0;
  }
  const auto expect_about = [&](std::size_t found, double probability) {
    const auto count = static_cast<double>(kPictures);
    const double deviation = std::sqrt(count * probability * (1.0 - probability));
    EXPECT_NEAR(static_cast<double>(found), count * probability, 10.0 * deviation);
  };
  expect_about(turned, 0.5);
  for (std::size_t y = 0; y < shape.height; ++y) {
    for (std::size_t x = 0; x < shape.width; ++x) {
      const bool is_reached = y >= 1 && y <= 5 && x >= 1 && x <= 5;
      if (is_reached) {
        expect_about(seen[y * 7 + x], 1.0 / 25.0);
      } else {
        EXPECT_EQ(seen[y * 7 + x], 0U);
      }
    }
  }
}

TEST(AugmenterTest, goes_on_from_its_stream_and_does_not_mind_how_pictures_are_batched) {
  const FeatureShape shape{3, 8, 8};
  const Augmentation augmentation{true, 3};
  const RandomStream stream(7, RandomPurpose::Augmentation);
  std::vector<float> whole = counting_pictures(shape, 20);
  std::vector<float> pieces = whole;
  Augmenter one(augmentation, shape, stream);
  one.apply(whole);
  Augmenter first(augmentation, shape, stream);
  first.apply(std::span(pieces).first(13 * shape.size()));
  Augmenter second(augmentation, shape, RandomStream(99, RandomPurpose::Augmentation));
  second.set_stream(RandomStream(first.stream().state()));
  second.apply(std::span(pieces).subspan(13 * shape.size()));
  EXPECT_EQ(pieces, whole);
  EXPECT_EQ(second.stream().state(), one.stream().state());
}

TEST(AugmenterTest, another_seed_or_rank_makes_other_pictures) {
  const FeatureShape shape{1, 8, 8};
  std::set<std::vector<float>> results;
  for (const auto& [seed, rank] : {std::pair{1U, 1U}, {1U, 2U}, {2U, 1U}}) {
    std::vector<float> pictures = counting_pictures(shape, 10);
    Augmenter({true, 2}, shape, RandomStream(seed, RandomPurpose::Augmentation, rank))
        .apply(pictures);
    results.insert(pictures);
  }
  EXPECT_EQ(results.size(), 3U);
}

}  // namespace
}  // namespace hermes::data
