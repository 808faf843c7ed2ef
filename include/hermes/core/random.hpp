#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace hermes {

/// What a stream of random numbers is for: streams of one seed never overlap in use.
enum class RandomPurpose : std::uint64_t {
  Initialization = 1,
  Shuffle,
  Dropout,
  Assignment,
  Validation,
  Gate,
  Conversion,
  Test,
  Augmentation,
};

/// A seeded stream of random numbers, the same on every platform (xoshiro256**, Blackman & Vigna
/// 2018, seeded by splitmix64). Copyable; its state can be saved and restored.
class RandomStream {
 public:
  using State = std::array<std::uint64_t, 4>;

  RandomStream(std::uint64_t seed, RandomPurpose purpose, std::uint64_t index = 0);
  explicit RandomStream(const State& state) : state_(state) {}

  std::uint64_t next();
  /// Uniform in [0, 1).
  double uniform();
  /// Uniform in [0, bound); bound > 0. Unbiased.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (polar method; no cached second value, so the state is all there is).
  double normal();

  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[below(i)]);
    }
  }

  const State& state() const { return state_; }

 private:
  State state_;
};

}  // namespace hermes
