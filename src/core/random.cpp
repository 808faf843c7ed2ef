#include "hermes/core/random.hpp"

#include <bit>
#include <cmath>

#include "hermes/core/assert.hpp"

namespace hermes {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, RandomPurpose purpose, std::uint64_t index)
    : state_{} {
  // Chain the three through the mixer, so that neighbouring seeds and indices share nothing.
  std::uint64_t mixer = seed;
  mixer = splitmix64(mixer) ^ static_cast<std::uint64_t>(purpose);
  mixer = splitmix64(mixer) ^ index;
  for (std::uint64_t& word : state_) {
    word = splitmix64(mixer);
  }
}

std::uint64_t RandomStream::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double RandomStream::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  HERMES_ASSERT(bound > 0, "random: empty range");
  const std::uint64_t biased = (0 - bound) % bound;  // 2^64 mod bound
  std::uint64_t value = next();
  while (value < biased) {
    value = next();
  }
  return value % bound;
}

double RandomStream::normal() {
  while (true) {
    const double u = 2.0 * uniform() - 1.0;
    const double v = 2.0 * uniform() - 1.0;
    const double s = u * u + v * v;
    if (s > 0.0 && s < 1.0) {
      return u * std::sqrt(-2.0 * std::log(s) / s);
    }
  }
}

}  // namespace hermes
