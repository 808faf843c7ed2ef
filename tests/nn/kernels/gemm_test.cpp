#include "nn/kernels/gemm.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "hermes/core/random.hpp"
#include "hermes/core/simd.hpp"
#include "nn/support/models.hpp"

namespace hermes::nn {
namespace {

using testing::random_values;

constexpr float kUntouched = 777.0F;

std::ptrdiff_t stride(std::size_t floats) {
  return static_cast<std::ptrdiff_t>(floats);
}

std::ptrdiff_t offset(const std::array<Axis, 3>& axes, std::size_t index,
                      std::ptrdiff_t Axis::*member) {
  std::ptrdiff_t sum = 0;
  for (const Axis& axis : axes) {
    sum += stride(index % axis.count) * axis.*member;
    index /= axis.count;
  }
  return sum;
}

std::size_t extent(const std::array<Axis, 3>& axes) {
  return axes[0].count * axes[1].count * axes[2].count;
}

/// The definition. Returns what C must become.
std::vector<float> slow_product(const Product& product, const std::vector<float>& c_before) {
  std::vector<float> c = c_before;
  for (std::size_t i = 0; i < extent(product.rows); ++i) {
    for (std::size_t j = 0; j < product.columns; ++j) {
      const std::ptrdiff_t place = offset(product.rows, i, &Axis::other) + stride(j);
      float& element = c[static_cast<std::size_t>(place)];
      double sum = product.bias == nullptr ? 0.0 : static_cast<double>(product.bias[j]);
      sum = product.accumulate ? static_cast<double>(element) : sum;
      for (std::size_t k = 0; k < extent(product.depth); ++k) {
        const float a =
            product.a[offset(product.rows, i, &Axis::a) + offset(product.depth, k, &Axis::a)];
        const float b = product.b[offset(product.depth, k, &Axis::other) + stride(j)];
        sum += static_cast<double>(a) * static_cast<double>(b);
      }
      element = static_cast<float>(product.relu ? std::max(sum, 0.0) : sum);
    }
  }
  return c;
}

/// Runs the product on every path of this machine. `c` is what C holds before.
void expect_product(Product product, const std::vector<float>& c, const std::string& what) {
  const std::vector<float> expected = slow_product(product, c);
  const double tolerance = 1e-6 * static_cast<double>(extent(product.depth) + 8);
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    std::vector<float> actual = c;
    product.c = actual.data();
    multiply(product);
    for (std::size_t i = 0; i < actual.size(); ++i) {
      ASSERT_NEAR(actual[i], expected[i], tolerance)
          << to_string(target) << ", " << what << ", element " << i;
    }
  }
}

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed, RandomPurpose::Test) {}
  std::size_t operator()(std::size_t low, std::size_t high) {
    return low + random_.below(high - low + 1);
  }
  bool coin() { return operator()(0, 1) == 1; }

 private:
  RandomStream random_;
};

TEST(GemmTest, plain_and_transposed_matrices_of_random_sizes) {
  Draw draw(1);
  for (std::uint64_t round = 0; round < 150; ++round) {
    const std::size_t m = draw(0, 40);
    const std::size_t n = draw(0, 3) == 0 ? draw(60, 140) : draw(1, 40);
    const std::size_t k = draw(0, 5) == 0 ? draw(300, 900) : draw(0, 40);
    const std::size_t a_row = std::max(m, k) + draw(0, 3);
    const std::size_t b_row = n + draw(0, 3);
    const std::size_t c_row = n + draw(0, 3);
    const std::vector<float> a = random_values(a_row * (std::max(m, k) + 1), 10 * round);
    const std::vector<float> b = random_values(b_row * k, 10 * round + 1);
    const std::vector<float> bias = random_values(n, 10 * round + 2);
    const bool transposed = draw.coin();
    Product product;
    product.a = a.data();
    product.b = b.data();
    product.rows[0] = {m, transposed ? 1 : stride(a_row), stride(c_row)};
    product.depth[0] = {k, transposed ? stride(a_row) : 1, stride(b_row)};
    product.columns = n;
    product.accumulate = draw.coin();
    product.bias = !product.accumulate && draw.coin() ? bias.data() : nullptr;
    product.relu = draw.coin();
    expect_product(product, random_values(c_row * m, 10 * round + 3),
                   std::to_string(m) + " x " + std::to_string(n) + " x " + std::to_string(k));
  }
}

TEST(GemmTest, three_axes_of_rows_and_of_depth_with_any_strides) {
  Draw draw(2);
  for (std::uint64_t round = 0; round < 150; ++round) {
    const std::size_t n = draw(1, 70);
    Product product;
    // Gaps of random size, some of them none, so that some axes join; A may be read backwards.
    std::ptrdiff_t a_extent = 1;
    std::ptrdiff_t c_extent = stride(n);
    std::ptrdiff_t b_extent = stride(n);
    std::ptrdiff_t a_start = 0;
    const auto a_axis = [&](std::size_t count) {
      const std::ptrdiff_t step = a_extent + stride(draw(0, 1) * draw(0, 5));
      a_extent = step * stride(count);
      if (draw(0, 4) != 0) {
        return step;
      }
      a_start += step * stride(count - 1);
      return -step;
    };
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::size_t count = draw(1, axis == 0 ? 20 : 4);
      product.depth[axis] = {count, a_axis(count), b_extent + stride(draw(0, 1) * draw(0, 5))};
      b_extent = product.depth[axis].other * stride(count);
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::size_t count = draw(1, axis == 0 ? 20 : 3);
      product.rows[axis] = {count, a_axis(count), c_extent + stride(draw(0, 1) * draw(0, 5))};
      c_extent = product.rows[axis].other * stride(count);
    }
    const std::vector<float> a = random_values(static_cast<std::size_t>(a_extent), 10 * round);
    const std::vector<float> b = random_values(static_cast<std::size_t>(b_extent), 10 * round + 1);
    product.a = a.data() + a_start;
    product.b = b.data();
    product.columns = n;
    product.accumulate = draw.coin();
    expect_product(product, random_values(static_cast<std::size_t>(c_extent), 10 * round + 2),
                   "round " + std::to_string(round));
  }
}

TEST(GemmTest, long_sums_of_many_terms_are_split_without_loss) {
  // More terms, and a longer inner sum, than fit into one packed panel.
  for (const std::size_t inner : {std::size_t{3}, std::size_t{7000}}) {
    const std::size_t terms = inner == 3 ? 5000 : 3;
    const std::size_t k = inner * terms;
    const std::vector<float> a = random_values(6 * k + terms, 1);
    const std::vector<float> b = random_values(k * 17, 2);
    Product product;
    product.a = a.data();
    product.b = b.data();
    product.rows[0] = {6, stride(k), 17};
    product.depth = {Axis{inner, 1, 17}, Axis{terms, stride(inner) - 1, stride(inner) * 17}};
    product.columns = 17;
    product.relu = true;
    expect_product(product, std::vector<float>(6 * 17, kUntouched), std::to_string(inner));
  }
}

TEST(GemmTest, reads_and_writes_nothing_beside_its_operands) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  Draw draw(3);
  for (std::uint64_t round = 0; round < 60; ++round) {
    const std::size_t m = draw(1, 20);
    const std::size_t n = draw(1, 40);
    const std::size_t k = draw(1, 30);
    // NaN between and behind the rows of A and B would show in the result.
    std::vector<float> a(m * (k + 2), kNan);
    std::vector<float> b(k * (n + 5), kNan);
    std::vector<float> c(m * (n + 3), kUntouched);
    for (std::size_t i = 0; i < m; ++i) {
      std::fill_n(a.begin() + stride(i * (k + 2)), k, 1.0F);
    }
    for (std::size_t i = 0; i < k; ++i) {
      std::fill_n(b.begin() + stride(i * (n + 5)), n, 2.0F);
    }
    Product product;
    product.a = a.data();
    product.b = b.data();
    product.rows[0] = {m, stride(k + 2), stride(n + 3)};
    product.depth[0] = {k, 1, stride(n + 5)};
    product.columns = n;
    expect_product(product, c, "round " + std::to_string(round));
  }
}

/// Memory that ends where no access is allowed.
class GuardedFloats {
 public:
  explicit GuardedFloats(std::size_t count)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
        pages_((count * sizeof(float) + page_ - 1) / page_ + 1),
        memory_(static_cast<std::byte*>(mmap(nullptr, pages_ * page_, PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    std::byte* end = memory_ + (pages_ - 1) * page_;
    EXPECT_EQ(mprotect(end, page_, PROT_NONE), 0);
    data = reinterpret_cast<float*>(end) - count;
    std::fill_n(data, count, 1.0F);
  }
  ~GuardedFloats() { munmap(memory_, pages_ * page_); }
  GuardedFloats(const GuardedFloats&) = delete;
  GuardedFloats& operator=(const GuardedFloats&) = delete;

  float* data;

 private:
  std::size_t page_;
  std::size_t pages_;
  std::byte* memory_;
};

TEST(GemmTest, never_touches_memory_behind_its_operands) {
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    for (std::size_t n = 1; n < 40; ++n) {
      for (const std::size_t m : {1U, 5U, 60U}) {
        constexpr std::size_t kDepth = 7;
        const GuardedFloats a(m * kDepth);
        const GuardedFloats b(kDepth * n);
        const GuardedFloats c(m * n);
        const GuardedFloats bias(n);
        Product product;
        product.a = a.data;
        product.b = b.data;
        product.c = c.data;
        product.rows[0] = {m, stride(kDepth), stride(n)};
        product.depth[0] = {kDepth, 1, stride(n)};
        product.columns = n;
        product.bias = bias.data;
        multiply(product);
        EXPECT_EQ(c.data[m * n - 1], kDepth + 1.0F) << to_string(target) << ' ' << n;
      }
    }
  }
}

TEST(GemmTest, an_empty_sum_leaves_the_bias_and_no_rows_leave_nothing) {
  const std::vector<float> bias{-1, 2, 3};
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    std::vector<float> c(6, kUntouched);
    Product product;
    product.c = c.data();
    product.rows[0] = {2, 1, 3};
    product.depth[0] = {0, 1, 3};
    product.columns = 3;
    product.bias = bias.data();
    multiply(product);
    EXPECT_EQ(c, (std::vector<float>{-1, 2, 3, -1, 2, 3})) << to_string(target);
    product.bias = nullptr;
    multiply(product);
    EXPECT_EQ(c, std::vector<float>(6, 0.0F)) << to_string(target);
    product.rows[0].count = 0;
    product.bias = bias.data();
    multiply(product);
    EXPECT_EQ(c, std::vector<float>(6, 0.0F)) << to_string(target);
  }
}

TEST(GemmTest, relu_equals_a_relu_afterwards_and_lets_nan_through) {
  const std::vector<float> a = random_values(7 * 40, 1);
  std::vector<float> b = random_values(40 * 21, 2);
  b[3] = std::numeric_limits<float>::quiet_NaN();
  for (const SimdTarget target : supported_simd_targets()) {
    const SimdTargetScope scope(target);
    std::vector<float> plain(7 * 21);
    std::vector<float> fused(7 * 21);
    Product product;
    product.a = a.data();
    product.b = b.data();
    product.c = plain.data();
    product.rows[0] = {7, 40, 21};
    product.depth[0] = {40, 1, 21};
    product.columns = 21;
    multiply(product);
    product.c = fused.data();
    product.relu = true;
    multiply(product);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      if (i % 21 == 3) {
        EXPECT_TRUE(std::isnan(fused[i])) << to_string(target);
      } else {
        EXPECT_EQ(fused[i], std::max(plain[i], 0.0F)) << to_string(target) << ' ' << i;
      }
    }
  }
}

}  // namespace
}  // namespace hermes::nn
