#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "data/byte_reader.hpp"
#include "data/dataset_writer.hpp"
#include "hermes/core/error.hpp"

namespace hermes::data {
namespace {

static_assert(std::endian::native == std::endian::little, "the arrays are little-endian");

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kHeaderBytesMax = 1 << 16;
constexpr std::uint64_t kExtentMax = std::uint64_t{1} << 40;  // of a value count, far from overflow

enum class NumberType { Uint8, Int32, Int64, Float32, Float64 };

struct NamedType {
  std::string_view name;  // as numpy writes it
  NumberType type;
  std::size_t bytes;
};
constexpr std::array kTypes{
    NamedType{"|u1", NumberType::Uint8, 1}, NamedType{"<i4", NumberType::Int32, 4},
    NamedType{"<i8", NumberType::Int64, 8}, NamedType{"<f4", NumberType::Float32, 4},
    NamedType{"<f8", NumberType::Float64, 8}};

struct Array {
  NumberType type = NumberType::Uint8;
  std::vector<std::uint64_t> shape;
  std::vector<std::byte> bytes;

  std::uint64_t row_size() const {
    std::uint64_t size = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) {
      size *= shape[i];
    }
    return size;
  }
};

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  std::string text = "(";
  for (const std::uint64_t extent : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

/// The header is a Python dictionary of three entries in any order; this is what follows a key.
std::string_view value_of(const ByteReader& reader, std::string_view header, std::string_view key) {
  const std::string quoted = std::string("'").append(key) + "':";
  const std::size_t place = header.find(quoted);
  if (place == std::string_view::npos) {
    reader.fail("header: expected a key " + quoted.substr(0, quoted.size() - 1) + ", found none");
  }
  std::string_view value = header.substr(place + quoted.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

const NamedType& read_type(const ByteReader& reader, std::string_view header) {
  const std::string_view value = value_of(reader, header, "descr");
  const std::string_view name =
      value.starts_with('\'') ? value.substr(1, value.find('\'', 1) - 1) : value.substr(0, 12);
  const auto* found = std::ranges::find(kTypes, name, &NamedType::name);
  if (found == kTypes.end()) {
    reader.fail("header: expected numbers of type |u1, <i4, <i8, <f4 or <f8, found " +
                std::string(name));
  }
  return *found;
}

std::vector<std::uint64_t> read_shape(const ByteReader& reader, std::string_view header) {
  std::string_view text = value_of(reader, header, "shape");
  const std::size_t end = text.find(')');
  text = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
  std::vector<std::uint64_t> shape;
  std::uint64_t count = 1;
  const char* place = text.data() + 1;
  const char* const last = text.data() + text.size() - 1;
  bool is_good = text.size() >= 2 && text.front() == '(' && text.back() == ')';
  while (is_good && place < last) {
    std::uint64_t extent = 0;
    const auto [next, problem] = std::from_chars(place, last, extent);
    is_good = problem == std::errc{} && extent > 0 && extent <= kExtentMax / count;
    count *= is_good ? extent : 1;
    shape.push_back(extent);
    place = std::find_if(next, last, [](char c) { return c != ' ' && c != ','; });
  }
  if (!is_good || shape.empty()) {
    reader.fail("header: expected a shape of at least 1 axis, none of them 0, found " +
                std::string(text.substr(0, 80)));
  }
  return shape;
}

std::string read_header(ByteReader& reader) {
  std::array<char, 8> start{};
  reader.read(std::as_writable_bytes(std::span(start)), "magic string and version");
  const char version = start[6];
  if (std::string_view(start.data(), kMagic.size()) != kMagic || version < 1 || version > 3) {
    reader.fail("offset 0: expected the magic string of a .npy file of version 1 to 3, found none");
  }
  std::array<unsigned char, 4> length{};
  reader.read(std::as_writable_bytes(std::span(length).first(version == 1 ? 2 : 4)),
              "length of the header");
  std::uint64_t bytes = 0;
  for (std::size_t i = length.size(); i-- > 0;) {
    bytes = bytes << 8 | length[i];
  }
  if (bytes > kHeaderBytesMax) {
    reader.fail("offset 8: length of the header: expected at most " +
                std::to_string(kHeaderBytesMax) + ", found " + std::to_string(bytes));
  }
  std::string header(bytes, '\0');
  reader.read(std::as_writable_bytes(std::span(header)), "header");
  return header;
}

Array read_array(const std::filesystem::path& path) {
  ByteReader reader(path);
  const std::string header = read_header(reader);
  Array array;
  const NamedType& type = read_type(reader, header);
  array.type = type.type;
  array.shape = read_shape(reader, header);
  if (!value_of(reader, header, "fortran_order").starts_with("False")) {
    reader.fail("header: expected 'fortran_order': False, found True (numpy.ascontiguousarray)");
  }
  reader.append(array.bytes, array.shape[0] * array.row_size() * type.bytes, "values");
  reader.expect_end();
  return array;
}

/// Calls f with each value.
template <class Number, class F>
void for_each_as(const std::vector<std::byte>& bytes, F&& f) {
  for (std::size_t place = 0; place < bytes.size(); place += sizeof(Number)) {
    Number value;
    std::memcpy(&value, bytes.data() + place, sizeof value);
    f(value);
  }
}

template <class F>
void for_each_value(const Array& array, F&& f) {
  switch (array.type) {
    case NumberType::Uint8:
      return for_each_as<std::uint8_t>(array.bytes, f);
    case NumberType::Int32:
      return for_each_as<std::int32_t>(array.bytes, f);
    case NumberType::Int64:
      return for_each_as<std::int64_t>(array.bytes, f);
    case NumberType::Float32:
      return for_each_as<float>(array.bytes, f);
    case NumberType::Float64:
      return for_each_as<double>(array.bytes, f);
  }
}

FeatureShape feature_shape(const Array& x, const std::filesystem::path& path) {
  const auto& shape = x.shape;
  switch (shape.size()) {
    case 2:
      return {shape[1], 1, 1, true};
    case 3:
      return {1, shape[1], shape[2], false};
    case 4:
      return {shape[1], shape[2], shape[3], false};
    default:
      throw DataError(path.string() +
                      ": expected rows x features, rows x height x width or rows x channels x "
                      "height x width, found shape " +
                      shape_text(shape));
  }
}

std::vector<float> finite_values(const Array& array, const std::filesystem::path& path) {
  std::vector<float> values;
  values.reserve(array.shape[0] * array.row_size());
  for_each_value(array, [&](auto number) {
    const auto value = static_cast<float>(number);
    if (!std::isfinite(value)) {
      throw DataError(path.string() + ": row " + std::to_string(values.size() / array.row_size()) +
                      ": expected finite numbers within the range of float32, found another");
    }
    values.push_back(value);
  });
  return values;
}

bool has_floats(const Array& array) {
  return array.type == NumberType::Float32 || array.type == NumberType::Float64;
}

std::vector<std::int32_t> labels(const Array& y, const std::filesystem::path& path) {
  std::vector<std::int32_t> result;
  result.reserve(y.shape[0]);
  for_each_value(y, [&](auto number) {
    const auto value = static_cast<std::int64_t>(number);
    if (value < 0 || value >= std::numeric_limits<std::int32_t>::max()) {
      throw DataError(path.string() + ": row " + std::to_string(result.size()) +
                      ": expected a label in [0, 2147483647), found " + std::to_string(value));
    }
    result.push_back(static_cast<std::int32_t>(value));
  });
  return result;
}

/// Empties the array: it may be half of the memory there is.
std::vector<std::byte> float_features(Array& x, const std::filesystem::path& path) {
  const std::vector<float> values = finite_values(x, path);
  x.bytes = {};
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

/// Integers are labels, floats are numbers.
void take_targets(const Array& y, const Array& x, const std::filesystem::path& path,
                  std::size_t columns, Rows& rows) {
  const std::size_t found = has_floats(y) ? y.row_size() : 0;
  const bool has_rank = y.shape.size() == 1 || (has_floats(y) && y.shape.size() == 2);
  if (!has_rank || y.shape[0] != x.shape[0] || found != columns) {
    const std::string row_count = std::to_string(x.shape[0]);
    throw DataError(path.string() + ": expected " +
                    (columns == 0 ? row_count + " integers, one label for each row of x"
                                  : row_count + " x " + std::to_string(columns) +
                                        " floats, the numbers of each row of x") +
                    ", found " + (has_floats(y) ? "floats" : "integers") + " of shape " +
                    shape_text(y.shape));
  }
  if (columns == 0) {
    rows.labels = labels(y, path);
  } else {
    rows.values = finite_values(y, path);
  }
}

}  // namespace

DatasetInfo convert_npy(const NpyFiles& files, const ConvertOptions& options) {
  Array train = read_array(files.train_x);
  Array test = read_array(files.test_x);
  DatasetContent content;
  content.shape = feature_shape(train, files.train_x);
  if (feature_shape(test, files.test_x) != content.shape) {
    throw DataError(files.test_x.string() + ": expected rows of the shape in " +
                    files.train_x.string() + ", " + shape_text(train.shape) + ", found " +
                    shape_text(test.shape));
  }
  const Array train_y = read_array(files.train_y);
  content.target_columns = has_floats(train_y) ? train_y.row_size() : 0;
  take_targets(train_y, train, files.train_y, content.target_columns, content.train);
  take_targets(read_array(files.test_y), test, files.test_y, content.target_columns, content.test);
  if (train.type == NumberType::Uint8 && test.type == NumberType::Uint8) {
    content.train.features = std::move(train.bytes);
    content.test.features = std::move(test.bytes);
  } else {
    content.element_type = ElementType::Float32;
    content.train.features = float_features(train, files.train_x);
    content.test.features = float_features(test, files.test_x);
  }
  return write_dataset(content, options);
}

}  // namespace hermes::data
