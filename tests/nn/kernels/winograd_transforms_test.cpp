#include "nn/kernels/winograd_transforms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

using testing::random_values;
using Matrix = std::vector<std::vector<double>>;

constexpr float kUntouched = 777.0F;
constexpr WinogradForm kForms[] = {WinogradForm::Outputs4x4Kernel3x3,
                                   WinogradForm::Outputs2x2Kernel5x5};
// Whole vectors of every target, four channels that are left over, and only those.
constexpr std::size_t kChannels[] = {4, 16, 20, 40};

// The matrices as the paper prints them.
const Matrix kInput = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                       {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};

Matrix output_matrix(WinogradForm form) {
  if (form == WinogradForm::Outputs4x4Kernel3x3) {
    return {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}};
  }
  return {{1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 1}};
}

Matrix weight_matrix(WinogradForm form) {
  constexpr double kSixth = 1.0 / 6;
  constexpr double kPart = 1.0 / 24;
  if (form == WinogradForm::Outputs4x4Kernel3x3) {
    return {{0.25, 0, 0},
            {-kSixth, -kSixth, -kSixth},
            {-kSixth, kSixth, -kSixth},
            {kPart, 2 * kPart, 4 * kPart},
            {kPart, -2 * kPart, 4 * kPart},
            {0, 0, 1}};
  }
  return {{0.25, 0, 0, 0, 0},
          {-kSixth, -kSixth, -kSixth, -kSixth, -kSixth},
          {-kSixth, kSixth, -kSixth, kSixth, -kSixth},
          {kPart, 2 * kPart, 4 * kPart, 8 * kPart, 16 * kPart},
          {kPart, -2 * kPart, 4 * kPart, -8 * kPart, 16 * kPart},
          {0, 0, 0, 0, 1}};
}

Matrix transposed(const Matrix& matrix) {
  Matrix result(matrix[0].size(), std::vector<double>(matrix.size()));
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    for (std::size_t j = 0; j < matrix[0].size(); ++j) {
      result[j][i] = matrix[i][j];
    }
  }
  return result;
}

/// L X L^T, X(a, b) given as a function.
Matrix both_axes(const Matrix& map, const std::function<double(std::size_t, std::size_t)>& x) {
  Matrix result(map.size(), std::vector<double>(map.size(), 0.0));
  for (std::size_t i = 0; i < map.size(); ++i) {
    for (std::size_t j = 0; j < map.size(); ++j) {
      for (std::size_t a = 0; a < map[0].size(); ++a) {
        for (std::size_t b = 0; b < map[0].size(); ++b) {
          result[i][j] += map[i][a] * x(a, b) * map[j][b];
        }
      }
    }
  }
  return result;
}

/// A row of tiles in a buffer with gaps, and planes for it.
struct Fixture {
  Fixture(WinogradForm form, std::size_t channel_count, std::size_t tile_count, std::size_t rows,
          std::size_t columns, std::uint64_t seed)
      : channels(channel_count),
        tiles(tile_count),
        height(rows),
        width(columns),
        step(winograd_outputs(form)),
        row_stride(columns * channel_count + 3),
        plane_stride(tile_count * channel_count + 5),
        pixels(random_values(rows * row_stride, seed)),
        planes(random_values(kWinogradPlanes * plane_stride, seed + 1)) {}

  TileRow<float> row() { return {pixels.data(), row_stride, height, width, channels, tiles}; }
  TileRow<const float> const_row() const {
    return {pixels.data(), row_stride, height, width, channels, tiles};
  }
  WinogradPlanes<float> written_planes() { return {planes.data(), plane_stride}; }
  WinogradPlanes<const float> read_planes() const { return {planes.data(), plane_stride}; }

  bool has(std::size_t tile, std::size_t a, std::size_t b) const {
    return a < height && tile * step + b < width;
  }
  float& pixel(std::size_t tile, std::size_t a, std::size_t b, std::size_t c) {
    return pixels[a * row_stride + (tile * step + b) * channels + c];
  }
  double pixel_or_zero(std::size_t tile, std::size_t a, std::size_t b, std::size_t c) {
    return has(tile, a, b) ? static_cast<double>(pixel(tile, a, b, c)) : 0.0;
  }
  float& element(std::size_t tile, std::size_t a, std::size_t b, std::size_t c) {
    return planes[(kWinogradTile * a + b) * plane_stride + tile * channels + c];
  }

  std::size_t channels, tiles, height, width, step, row_stride, plane_stride;
  std::vector<float> pixels;
  std::vector<float> planes;
};

/// Runs `check` on rows of tiles that fit their image, and on such that lie partly beyond it, on
/// every path of this machine. `side` is the number of pixels that a tile covers.
void for_each_case(bool outputs, const std::function<void(WinogradForm, Fixture&)>& check) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const WinogradForm form : kForms) {
      const std::size_t side = outputs ? winograd_outputs(form) : kWinogradTile;
      for (const std::size_t channels : kChannels) {
        for (const std::size_t cut : {std::size_t{0}, std::size_t{1}}) {
          SCOPED_TRACE(std::string(to_string(target)) + ", kernel " +
                       std::to_string(winograd_kernel(form)) + ", channels " +
                       std::to_string(channels) + ", cut " + std::to_string(cut));
          const std::size_t width = 2 * winograd_outputs(form) + side - cut;
          Fixture fixture(form, channels, 3, side - cut, width, 10 + cut);
          check(form, fixture);
        }
      }
    }
  }
}

void expect_near(double actual, double expected) {
  ASSERT_NEAR(actual, expected, 1e-5 * (1.0 + std::abs(expected)));
}

template <class F>
void for_each_element(const Fixture& fixture, std::size_t side, const F& f) {
  for (std::size_t tile = 0; tile < fixture.tiles; ++tile) {
    for (std::size_t c = 0; c < fixture.channels; ++c) {
      for (std::size_t a = 0; a < side; ++a) {
        for (std::size_t b = 0; b < side; ++b) {
          f(tile, a, b, c);
        }
      }
    }
  }
}

TEST(WinogradTransformsTest, input_is_multiplied_by_the_papers_matrix_from_both_sides) {
  for_each_case(false, [](WinogradForm form, Fixture& f) {
    winograd_transforms(form).input(f.const_row(), f.written_planes());
    for (std::size_t tile = 0; tile < f.tiles; ++tile) {
      for (std::size_t c = 0; c < f.channels; ++c) {
        const Matrix expected = both_axes(
            kInput, [&](std::size_t a, std::size_t b) { return f.pixel_or_zero(tile, a, b, c); });
        for (std::size_t p = 0; p < kWinogradPlanes; ++p) {
          expect_near(f.element(tile, p / 6, p % 6, c), expected[p / 6][p % 6]);
        }
      }
    }
  });
}

TEST(WinogradTransformsTest, output_is_the_papers_with_bias_and_relu_and_nothing_else_is_written) {
  for_each_case(true, [](WinogradForm form, Fixture& f) {
    for (const bool relu : {false, true}) {
      const std::vector<float> bias = random_values(f.channels, 5);
      std::fill(f.pixels.begin(), f.pixels.end(), kUntouched);
      winograd_transforms(form).output(f.read_planes(), bias.data(), relu, f.row());
      std::size_t written = 0;
      for (std::size_t tile = 0; tile < f.tiles; ++tile) {
        for (std::size_t c = 0; c < f.channels; ++c) {
          const Matrix expected =
              both_axes(output_matrix(form), [&](std::size_t a, std::size_t b) -> double {
                return static_cast<double>(f.element(tile, a, b, c));
              });
          for (std::size_t a = 0; a < f.step; ++a) {
            for (std::size_t b = 0; b < f.step; ++b) {
              if (f.has(tile, a, b)) {
                const double sum = expected[a][b] + static_cast<double>(bias[c]);
                expect_near(f.pixel(tile, a, b, c), relu ? std::max(sum, 0.0) : sum);
                ++written;
              }
            }
          }
        }
      }
      const auto untouched = std::count(f.pixels.begin(), f.pixels.end(), kUntouched);
      EXPECT_EQ(static_cast<std::size_t>(untouched), f.pixels.size() - written);
    }
  });
}

TEST(WinogradTransformsTest, output_adjoint_counts_only_where_relu_let_through) {
  for_each_case(true, [](WinogradForm form, Fixture& f) {
    Fixture y(form, f.channels, f.tiles, f.height, f.width, 77);
    for (const bool masked : {false, true}) {
      winograd_transforms(form).output_adjoint(
          f.const_row(), masked ? y.const_row() : TileRow<const float>{}, f.written_planes());
      for (std::size_t tile = 0; tile < f.tiles; ++tile) {
        for (std::size_t c = 0; c < f.channels; ++c) {
          double sum = 0.0;
          const Matrix expected =
              both_axes(transposed(output_matrix(form)), [&](std::size_t a, std::size_t b) {
                return masked && y.pixel_or_zero(tile, a, b, c) <= 0.0
                           ? 0.0
                           : f.pixel_or_zero(tile, a, b, c);
              });
          for (std::size_t a = 0; a < f.step; ++a) {
            for (std::size_t b = 0; b < f.step; ++b) {
              sum += masked && y.pixel_or_zero(tile, a, b, c) <= 0.0
                         ? 0.0
                         : f.pixel_or_zero(tile, a, b, c);
            }
          }
          for (std::size_t p = 0; p < kWinogradPlanes; ++p) {
            expect_near(f.element(tile, p / 6, p % 6, c), expected[p / 6][p % 6]);
          }
          expect_near(f.element(tile, 1, 1, c), sum);
        }
      }
    }
  });
}

TEST(WinogradTransformsTest, input_adjoint_sums_overlapping_tiles) {
  for_each_case(false, [](WinogradForm form, Fixture& f) {
    const std::size_t overlap = kWinogradTile - f.step;
    for (const bool first_row : {false, true}) {
      Fixture expected = f;
      for (std::size_t a = 0; a < f.height; ++a) {
        const bool added = !first_row && a < overlap;
        for (std::size_t i = 0; i < f.width * f.channels && !added; ++i) {
          expected.pixels[a * f.row_stride + i] = 0.0F;
        }
      }
      for (std::size_t tile = 0; tile < f.tiles; ++tile) {
        for (std::size_t c = 0; c < f.channels; ++c) {
          const Matrix sum =
              both_axes(transposed(kInput), [&](std::size_t a, std::size_t b) -> double {
                return static_cast<double>(f.element(tile, a, b, c));
              });
          for (std::size_t a = 0; a < kWinogradTile; ++a) {
            for (std::size_t b = 0; b < kWinogradTile; ++b) {
              if (f.has(tile, a, b)) {
                expected.pixel(tile, a, b, c) += static_cast<float>(sum[a][b]);
              }
            }
          }
        }
      }
      Fixture actual = f;
      winograd_transforms(form).input_adjoint(f.read_planes(), first_row, actual.row());
      for (std::size_t i = 0; i < f.pixels.size(); ++i) {
        ASSERT_NEAR(actual.pixels[i], expected.pixels[i], 1e-4) << "first row " << first_row;
      }
    }
  });
}

struct WeightCase {
  std::size_t in;
  std::size_t out;
  std::size_t panel;
};
constexpr WeightCase kWeightCases[] = {{4, 4, 64}, {20, 36, 16}, {40, 20, 16}, {16, 64, 32}};

void for_each_weights(const std::function<void(WinogradForm, const WeightCase&)>& check) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (const WinogradForm form : kForms) {
      for (const WeightCase& c : kWeightCases) {
        SCOPED_TRACE(std::string(to_string(target)) + ", kernel " +
                     std::to_string(winograd_kernel(form)) + ", in " + std::to_string(c.in) +
                     ", out " + std::to_string(c.out));
        check(form, c);
      }
    }
  }
}

/// Element (row, column) of a matrix in panels.
std::size_t place_in_panels(std::size_t rows, std::size_t columns, std::size_t panel,
                            std::size_t row, std::size_t column) {
  const std::size_t first = column / panel * panel;
  return first * rows + row * std::min(panel, columns - first) + column % panel;
}

TEST(WinogradTransformsTest, weights_and_their_transposes_lie_in_panels) {
  for_each_weights([](WinogradForm form, const WeightCase& c) {
    const std::size_t kernel = winograd_kernel(form);
    const std::size_t stride = c.in * c.out + 7;
    const std::vector<float> w = random_values(kernel * kernel * c.in * c.out, 3);
    std::vector<float> u(kWinogradPlanes * stride);
    std::vector<float> u_transposed(u.size());
    winograd_transforms(form).weights(w.data(), c.in, c.out, c.panel, {u.data(), stride});
    winograd_transforms(form).weights_transposed(w.data(), c.in, c.out, c.panel,
                                                 {u_transposed.data(), stride});
    for (std::size_t i = 0; i < c.in; ++i) {
      for (std::size_t o = 0; o < c.out; ++o) {
        const Matrix expected =
            both_axes(weight_matrix(form), [&](std::size_t a, std::size_t b) -> double {
              return static_cast<double>(w[((a * kernel + b) * c.in + i) * c.out + o]);
            });
        for (std::size_t p = 0; p < kWinogradPlanes; ++p) {
          const float actual = u[p * stride + place_in_panels(c.in, c.out, c.panel, i, o)];
          expect_near(actual, expected[p / 6][p % 6]);
          ASSERT_EQ(u_transposed[p * stride + place_in_panels(c.out, c.in, c.panel, o, i)], actual);
        }
      }
    }
  });
}

TEST(WinogradTransformsTest, weights_adjoint_is_the_papers_matrix_transposed) {
  for_each_weights([](WinogradForm form, const WeightCase& c) {
    const std::size_t kernel = winograd_kernel(form);
    const std::size_t stride = c.in * c.out + 7;
    const std::vector<float> du = random_values(kWinogradPlanes * stride, 4);
    std::vector<float> dw(kernel * kernel * c.in * c.out);
    winograd_transforms(form).weights_adjoint({du.data(), stride}, c.in, c.out, false, dw.data());
    for (std::size_t place = 0; place < c.in * c.out; ++place) {
      const Matrix expected =
          both_axes(transposed(weight_matrix(form)), [&](std::size_t a, std::size_t b) -> double {
            return static_cast<double>(du[(kWinogradTile * a + b) * stride + place]);
          });
      for (std::size_t tap = 0; tap < kernel * kernel; ++tap) {
        expect_near(dw[tap * c.in * c.out + place], expected[tap / kernel][tap % kernel]);
      }
    }
  });
}

/// <a, b>, where what a row does not have counts as zero.
double inner_product(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return sum;
}

void clear_gaps(Fixture& f) {
  for (std::size_t i = 0; i < f.pixels.size(); ++i) {
    if (i % f.row_stride >= f.width * f.channels) {
      f.pixels[i] = 0.0F;
    }
  }
  for (std::size_t i = 0; i < f.planes.size(); ++i) {
    if (i % f.plane_stride >= f.tiles * f.channels) {
      f.planes[i] = 0.0F;
    }
  }
}

TEST(WinogradTransformsTest, each_map_and_its_adjoint_give_the_same_inner_product) {
  for_each_case(false, [](WinogradForm form, Fixture& x) {
    clear_gaps(x);
    Fixture v = x;
    Fixture dx = x;
    winograd_transforms(form).input(x.const_row(), v.written_planes());
    winograd_transforms(form).input_adjoint(x.read_planes(), true, dx.row());
    EXPECT_NEAR(inner_product(v.planes, x.planes), inner_product(x.pixels, dx.pixels), 2e-2);
  });
  for_each_case(true, [](WinogradForm form, Fixture& y) {
    clear_gaps(y);
    Fixture result = y;
    Fixture dm = y;
    const std::vector<float> no_bias(y.channels, 0.0F);
    winograd_transforms(form).output(y.read_planes(), no_bias.data(), false, result.row());
    winograd_transforms(form).output_adjoint(y.const_row(), {}, dm.written_planes());
    EXPECT_NEAR(inner_product(result.pixels, y.pixels), inner_product(y.planes, dm.planes), 2e-2);
  });
  for_each_weights([](WinogradForm form, const WeightCase& c) {
    const std::size_t stride = c.in * c.out;
    const std::size_t taps = winograd_kernel(form) * winograd_kernel(form);
    const std::vector<float> w = random_values(taps * stride, 3);
    const std::vector<float> du = random_values(kWinogradPlanes * stride, 4);
    std::vector<float> u(du.size());
    std::vector<float> dw(w.size());
    winograd_transforms(form).weights(w.data(), c.in, c.out, c.out, {u.data(), stride});
    winograd_transforms(form).weights_adjoint({du.data(), stride}, c.in, c.out, false, dw.data());
    EXPECT_NEAR(inner_product(u, du), inner_product(w, dw), 1e-2);
  });
}

}  // namespace
}  // namespace hermes::nn
