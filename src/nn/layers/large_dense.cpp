#include "large_dense.hpp"

#define EIGEN_USE_BLAS
#include <Eigen/Core>
#include <type_traits>

namespace hermes::nn {
namespace {

// GFLOP/s of our kernels and OpenBLAS, forward + weight gradient + input gradient, for a core whose
// limit is 150: 1024 x 512, batch 64: 75 + 66 + 96 and 64 + 66 + 73; batch 128: 91 + 79 + 113 and
// 90 + 91 + 94; batch 256: 89 + 69 + 108 and 104 + 94 + 102. 4096 x 4096, batch 256: 53 + 38 + 55
// and 106 + 111 + 98.
constexpr std::size_t kLargeBatch = 128;
constexpr std::size_t kLargeWeights = 1048576;

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A row-major matrix where it is.
template <class Float>
auto matrix(Float* values, std::size_t rows, std::size_t columns, std::size_t row_stride) {
  using Values = std::conditional_t<std::is_const_v<Float>, const Matrix, Matrix>;
  // The sizes of all tensors are checked against 32 bits when a network is built.
  const auto index = [](std::size_t size) { return static_cast<Eigen::Index>(size); };
  return Eigen::Map<Values, Eigen::Unaligned, Eigen::OuterStride<>>(
      values, index(rows), index(columns), Eigen::OuterStride<>(index(row_stride)));
}

template <class View>
auto samples(const View& view) {
  return matrix(view.data, view.batch, view.height * view.width * view.channels, view.image_stride);
}

}  // namespace

bool is_large_dense(std::size_t batch, std::size_t inputs, std::size_t units) {
  return batch >= kLargeBatch && inputs * units >= kLargeWeights;
}

void large_dense_forward(ConstTensorView x, const float* weights, const float* bias, bool relu,
                         TensorView y) {
  const auto in = samples(x);
  auto out = samples(y);
  const auto units = static_cast<std::size_t>(out.cols());
  out.rowwise() = Eigen::Map<const Eigen::RowVectorXf>(bias, out.cols());
  out.noalias() += in * matrix(weights, static_cast<std::size_t>(in.cols()), units, units);
  if (relu) {
    out = (out.array() < 0.0F).select(0.0F, out);  // this way round NaN stays NaN
  }
}

void large_dense_weight_gradient(ConstTensorView x, const float* dy, std::size_t units,
                                 bool accumulate, float* gradient) {
  const auto in = samples(x);
  auto sum = matrix(gradient, static_cast<std::size_t>(in.cols()), units, units);
  if (!accumulate) {
    sum.setZero();
  }
  sum.noalias() += in.transpose() * matrix(dy, x.batch, units, units);
}

void large_dense_input_gradient(const float* dy, std::size_t units, const float* weights,
                                TensorView dx) {
  auto out = samples(dx);
  const auto of_output = matrix(dy, dx.batch, units, units);
  out.noalias() =
      of_output * matrix(weights, static_cast<std::size_t>(out.cols()), units, units).transpose();
}

}  // namespace hermes::nn
