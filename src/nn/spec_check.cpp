#include "spec_check.hpp"

#include <cmath>
#include <sstream>
#include <string>

#include "hermes/core/error.hpp"

namespace hermes::nn {
namespace {

template <class T>
[[noreturn]] void fail(std::string_view key, const std::string& expected, T found) {
  std::ostringstream message;
  message << key << ": expected " << expected << ", found " << found;
  throw ConfigError(message.str());
}

std::string interval(char open, double low, double high, char close) {
  std::ostringstream text;
  text << "a number in " << open << low << ", " << high << close;
  return text.str();
}

}  // namespace

void require_in_range(std::string_view key, std::size_t value, std::size_t low, std::size_t high) {
  if (value < low || value > high) {
    fail(key, "an integer from " + std::to_string(low) + " to " + std::to_string(high), value);
  }
}

// The comparisons are written so that NaN fails them.
void require_in_half_open(std::string_view key, double value, double low, double high) {
  if (!(value >= low && value < high)) {
    fail(key, interval('[', low, high, ')'), value);
  }
}

void require_in_closed(std::string_view key, double value, double low, double high) {
  if (!(value >= low && value <= high)) {
    fail(key, interval('[', low, high, ']'), value);
  }
}

void require_positive(std::string_view key, double value) {
  if (!(value > 0.0 && std::isfinite(value))) {
    fail(key, "a positive number", value);
  }
}

void require_image(const Shape& input) {
  if (input.flat) {
    throw ConfigError("expected an image (channels x height x width), found " + to_string(input));
  }
}

void require_features(const Shape& input) {
  if (!input.flat) {
    throw ConfigError("expected plain features, found " + to_string(input) +
                      " (channels x height x width); put a flatten layer before it");
  }
}

std::size_t checked_size(std::string_view what, std::initializer_list<std::size_t> factors) {
  std::size_t product = 1;
  for (const std::size_t factor : factors) {
    if (factor != 0 && product > kTensorSizeMax / factor) {
      throw ConfigError(std::string(what) + ": expected at most " + std::to_string(kTensorSizeMax) +
                        " values, found more");
    }
    product *= factor;
  }
  return product;
}

}  // namespace hermes::nn
