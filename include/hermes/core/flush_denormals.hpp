#pragma once

#include <cstdint>

#if defined(__SSE__)
#include <immintrin.h>
#endif

namespace hermes {

/// While it lives, floating-point numbers too small for full precision (below 1.2e-38 for float)
/// count as zero in this thread. Where gradients stay at zero, momenta decay to such numbers within
/// a thousand steps and never get to zero by themselves, and processors take a hundred times as
/// long for each of them. No effect on processors other than x86 and 64-bit ARM.
class FlushDenormals {
 public:
  FlushDenormals() : before_(control()) { set_control(before_ | kFlush); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
  ~FlushDenormals() { set_control(before_); }

 private:
#if defined(__SSE__)
  static constexpr std::uint64_t kFlush = 0x8040;  // of results, and of operands
  static std::uint64_t control() {
    return _mm_getcsr();
  }
  static void set_control(std::uint64_t value) {
    _mm_setcsr(static_cast<unsigned>(value));
  }
#elif defined(__aarch64__)
  static constexpr std::uint64_t kFlush = std::uint64_t{1} << 24;
  static std::uint64_t control() {
    std::uint64_t value = 0;
    asm volatile("mrs %0, fpcr" : "=r"(value));
    return value;
  }
  static void set_control(std::uint64_t value) {
    asm volatile("msr fpcr, %0" : : "r"(value));
  }
#else
  static constexpr std::uint64_t kFlush = 0;
  static std::uint64_t control() {
    return 0;
  }
  static void set_control(std::uint64_t /*value*/) {}
#endif

  std::uint64_t before_;
};

}  // namespace hermes
