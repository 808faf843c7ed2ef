#pragma once

#include "hermes/wire/payload_encoding.hpp"

/// What work costs where it is simulated, in floating-point operations (see Transport::compute).
///
/// The speed of a simulated host is that of whole training steps: what the layers count, over the
/// time of a step with mini-batches of 16 (optimizer, loss and copying of rows included). Work that
/// is bound by memory is counted as what a training step would compute in the same time. Measured
/// on one core of a Cascade Lake at 2.5 GHz, with parameters in the second-level cache or just
/// outside: `step_bench models/mlp.toml 16`: 80 GFLOP/s; the others as named below, by
/// protocol_bench and wire_bench with 114,314 parameters unless said otherwise, in bytes of fp32.
///
/// Not charged, as the network of the job hides it or it is small: reading rows from files,
/// decisions, logs, headers.
namespace hermes::runtime::cost {

/// A parameter of one update in a merge. BM_mean_of_models: 19 GB/s; BM_loss_weighted: 10 GB/s.
inline constexpr double kMergedValue = 20.0;
/// A parameter in a pass over two arrays: differences, copies, norms. The axpy of protocol_bench:
/// 24 GB/s.
inline constexpr double kPassedValue = 13.0;
/// A value of a received payload: checksum and test for finite values. BM_push_to_model less
/// BM_each_delta: 26 GB/s.
inline constexpr double kReceivedValue = 12.0;
/// A value of a payload that is sent as it is: its checksum. BM_Encode: 63 GB/s in the cache,
/// 21 GB/s outside (973,322 parameters).
inline constexpr double kSentValue = 8.0;
/// A value converted to 16 or 8 bits or back. BM_EncodeAs, BM_DecodeFrom (973,322): 8.5 GB/s.
inline constexpr double kConvertedValue = 36.0;
/// A value of a payload that becomes index-value pairs. BM_EncodeAs/sparse (973,322): 1.3 GB/s.
inline constexpr double kSparseValue = 240.0;
/// A value of an update of which the largest ones are chosen. BM_Sparsify: 0.25 GB/s.
inline constexpr double kSparsifiedValue = 1280.0;
/// A value of an update that is rounded to 8 bits and back, and what that leaves. BM_RoundUpdate on
/// a core whose training steps compute 153 GFLOP/s: 4.3 GB/s.
inline constexpr double kRoundedValue = 140.0;
/// A byte of training rows that rank 0 delivers: checksum, as kSentValue.
inline constexpr double kRowByte = 2.0;

/// An optimizer's operations for one parameter (sgd with momentum); its traffic is in the speed of
/// a host.
inline constexpr double kUpdatedValue = 4.0;

/// A value that goes through wire::ErrorFeedback.
constexpr double of_feedback(bool is_of_bytes) {
  return is_of_bytes ? kRoundedValue : kSparsifiedValue;
}

/// A value that is encoded for sending.
constexpr double of_encoding(wire::PayloadEncoding encoding) {
  switch (encoding) {
    case wire::PayloadEncoding::Fp32:
      return kSentValue;
    case wire::PayloadEncoding::Fp16:
    case wire::PayloadEncoding::Bf16:
    case wire::PayloadEncoding::Int8:
      return kConvertedValue;
    case wire::PayloadEncoding::Sparse:
      return kSparseValue;
  }
  return kSentValue;
}

}  // namespace hermes::runtime::cost
