#include "recipe.hpp"

#include <hdf5.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "data/hdf5.hpp"

namespace hermes::fuzz {
namespace {

using data::hdf5::Handle;

constexpr std::size_t kLinesMax = 64;
constexpr std::size_t kValuesMax = 4096;               // written by a line
constexpr hsize_t kChunkBytesMax = hsize_t{64} << 10;  // that is filled
constexpr int kRankMax = 8;

std::string_view cut(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view head = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return head;
}

template <class T>
T number(std::string_view text, T otherwise) {
  T value{};
  return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc()
             ? value
             : otherwise;
}

std::vector<hsize_t> extents(std::string_view text) {
  std::vector<hsize_t> dims;
  while (!text.empty() && dims.size() < kRankMax) {
    dims.push_back(number<hsize_t>(cut(text, 'x'), 0));
  }
  return dims;
}

std::vector<std::byte> bytes_of_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

Handle copy_of(hid_t type) {
  return {H5Tcopy(type), H5Tclose};
}

Handle plain_type(std::string_view name) {
  const bool big = name == "F32" || name == "I32";
  const hid_t type = name == "u8"    ? H5T_STD_U8LE
                     : name == "i8"  ? H5T_STD_I8LE
                     : name == "u16" ? H5T_STD_U16LE
                     : name == "i16" ? H5T_STD_I16LE
                     : name == "i32" ? H5T_STD_I32LE
                     : name == "I32" ? H5T_STD_I32BE
                     : name == "u64" ? H5T_STD_U64LE
                     : name == "i64" ? H5T_STD_I64LE
                     : name == "f64" ? H5T_IEEE_F64LE
                     : big           ? H5T_IEEE_F32BE
                                     : H5T_IEEE_F32LE;
  return copy_of(type);
}

Handle half_type() {
  Handle type = copy_of(H5T_IEEE_F32LE);
  H5Tset_fields(type.id(), 15, 10, 5, 0, 10);
  H5Tset_size(type.id(), 2);
  H5Tset_ebias(type.id(), 15);
  return type;
}

Handle string_type(std::size_t size) {
  Handle type = copy_of(H5T_C_S1);
  H5Tset_size(type.id(), size);
  return type;
}

Handle type_of(std::string_view name) {
  if (name == "str") {
    return string_type(H5T_VARIABLE);
  }
  if (name.starts_with('s')) {
    return string_type(
        std::clamp<std::size_t>(number<std::size_t>(name.substr(1), 1), 1, 1U << 30U));
  }
  if (name == "f16") {
    return half_type();
  }
  if (name == "compound") {
    Handle type(H5Tcreate(H5T_COMPOUND, 8), H5Tclose);
    H5Tinsert(type.id(), "a", 0, H5T_STD_I32LE);
    H5Tinsert(type.id(), "b", 4, H5T_IEEE_F32LE);
    return type;
  }
  if (name == "enum") {
    Handle type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
    const std::int8_t value = 1;
    H5Tenum_insert(type.id(), "one", &value);
    return type;
  }
  const hsize_t two = 2;
  return name == "opaque"      ? Handle(H5Tcreate(H5T_OPAQUE, 3), H5Tclose)
         : name == "array"     ? Handle(H5Tarray_create2(H5T_IEEE_F32LE, 1, &two), H5Tclose)
         : name == "vlen"      ? Handle(H5Tvlen_create(H5T_IEEE_F32LE), H5Tclose)
         : name == "reference" ? copy_of(H5T_STD_REF_OBJ)
                               : plain_type(name);
}

/// A line, taken apart.
struct Line {
  explicit Line(std::string_view line) {
    std::string_view settings = line.substr(0, line.find(" = "));
    values = line.substr(std::min(line.size(), settings.size() + 3));
    while (!settings.empty()) {
      words.push_back(cut(settings, ' '));
    }
  }
  std::string_view word(std::size_t index) const {
    return index < words.size() ? words[index] : std::string_view();
  }
  bool has(std::string_view word) const { return std::ranges::find(words, word) != words.end(); }
  /// What follows `name=`.
  std::string_view setting(std::string_view name) const {
    for (const std::string_view word : words) {
      if (word.starts_with(name)) {
        return word.substr(name.size());
      }
    }
    return {};
  }

  std::vector<std::string_view> words;
  std::string_view values;
};

Handle space_of(std::string_view dims, bool growing) {
  if (dims == "scalar" || dims == "null") {
    return {H5Screate(dims == "null" ? H5S_NULL : H5S_SCALAR), H5Sclose};
  }
  const std::vector<hsize_t> extent = extents(dims);
  const std::vector<hsize_t> limit(extent.size(), growing ? H5S_UNLIMITED : 0);
  return {H5Screate_simple(static_cast<int>(extent.size()), extent.data(),
                           growing ? limit.data() : nullptr),
          H5Sclose};
}

/// Long, so that it holds integers of 64 bits.
long double number_of(std::string_view word) {
  const bool is_fraction = word.find_first_not_of("-0123456789") != std::string_view::npos;
  return is_fraction ? static_cast<long double>(number(word, 0.0))
                     : static_cast<long double>(number<std::int64_t>(word, 0));
}

std::vector<long double> numbers_of(std::string_view text, std::size_t count) {
  std::vector<long double> given;
  while (!text.empty()) {
    given.push_back(number_of(cut(text, ' ')));
  }
  std::vector<long double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = given.empty() ? static_cast<long double>(i % 3) : given[i % given.size()];
  }
  return values;
}

std::string text_value(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool line_break = text.substr(i, 2) == "\\n";
    value += line_break ? '\n' : text[i];
    i += line_break ? 1 : 0;
  }
  return value;
}

/// Calls write(memory type, memory) with the line's values, if the type can hold any.
template <class Write>
void with_values(const Line& line, hid_t type, std::size_t count, const Write& write) {
  const H5T_class_t kind = H5Tget_class(type);
  if (kind == H5T_STRING) {
    std::string text = text_value(line.values);
    if (H5Tis_variable_str(type) > 0) {
      const std::vector<const char*> pointers(count, text.c_str());
      write(type, pointers.data());
    } else if (const std::size_t size = H5Tget_size(type); size <= kValuesMax) {
      text.resize(count * size, '\0');
      write(type, text.data());
    }
  } else if (kind == H5T_INTEGER || kind == H5T_FLOAT) {
    write(H5T_NATIVE_LDOUBLE, numbers_of(line.values, count).data());
  }
}

Handle storage_of(const Line& line, std::vector<hsize_t>& chunk) {
  Handle storage(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_obj_track_times(storage.id(), false);
  chunk = extents(line.setting("chunk="));
  if (!chunk.empty() &&
      H5Pset_chunk(storage.id(), static_cast<int>(chunk.size()), chunk.data()) >= 0) {
    if (line.has("scaled")) {
      H5Pset_scaleoffset(storage.id(), H5Z_SO_INT, 0);
    }
    if (line.has("nbit")) {
      H5Pset_nbit(storage.id());
    }
    if (line.has("shuffle")) {
      H5Pset_shuffle(storage.id());
    }
    if (line.has("gzip")) {
      H5Pset_deflate(storage.id(), 1);
    }
    if (line.has("fletcher32")) {
      H5Pset_fletcher32(storage.id());
    }
  }
  return storage;
}

void put_dataset(hid_t file, const Line& line) {
  const Handle type = type_of(line.word(2));
  const Handle space = space_of(line.word(3), line.has("growing"));
  std::vector<hsize_t> chunk;
  const Handle storage = storage_of(line, chunk);
  const Handle links(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(links.id(), 1);
  const Handle dataset(H5Dcreate2(file, std::string(line.word(1)).c_str(), type.id(), space.id(),
                                  links.id(), storage.id(), H5P_DEFAULT),
                       H5Dclose);
  if (!dataset || line.has("empty")) {
    return;
  }
  const hssize_t count = H5Sget_simple_extent_npoints(space.id());
  const auto raw = bytes_of_hex(line.setting("raw="));
  if (!raw.empty() && !chunk.empty() && count > 0) {  // else HDF5 1.10 writes to nowhere
    const std::vector<hsize_t> origin(chunk.size(), 0);
    H5Dwrite_chunk(dataset.id(), H5P_DEFAULT, 0, origin.data(), raw.size(), raw.data());
    return;
  }
  hsize_t chunk_bytes = H5Tget_size(type.id());
  for (const hsize_t extent : chunk) {
    chunk_bytes = extent > kChunkBytesMax ? kChunkBytesMax + 1 : chunk_bytes * extent;
  }
  if (count > 0 && static_cast<std::size_t>(count) <= kValuesMax && chunk_bytes <= kChunkBytesMax) {
    with_values(line, type.id(), static_cast<std::size_t>(count),
                [&](hid_t memory_type, const void* values) {
                  H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
                });
  }
}

void put_attribute(hid_t file, const Line& line) {
  const Handle type = type_of(line.word(3));
  const Handle space = space_of(line.word(4), false);
  const Handle object(H5Oopen(file, std::string(line.word(2)).c_str(), H5P_DEFAULT), H5Oclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space.id());
  if (!object || count < 0 || static_cast<std::size_t>(count) > kValuesMax ||
      (H5Tis_variable_str(type.id()) <= 0 && H5Tget_size(type.id()) > kChunkBytesMax)) {
    return;
  }
  const Handle attribute(H5Acreate2(object.id(), std::string(line.word(1)).c_str(), type.id(),
                                    space.id(), H5P_DEFAULT, H5P_DEFAULT),
                         H5Aclose);
  if (attribute && count > 0) {
    with_values(line, type.id(), static_cast<std::size_t>(count),
                [&](hid_t memory_type, const void* values) {
                  H5Awrite(attribute.id(), memory_type, values);
                });
  }
}

void put_link(hid_t file, const Line& line) {
  const std::string name(line.word(1));
  const std::string target(line.word(2));
  if (line.word(0) == "hard") {
    H5Lcreate_hard(file, target.c_str(), file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  } else if (line.word(0) == "soft") {
    H5Lcreate_soft(target.c_str(), file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  } else if (line.word(0) == "external") {
    H5Lcreate_external(target.c_str(), "/x", file, name.c_str(), H5P_DEFAULT, H5P_DEFAULT);
  }
}

void put(hid_t file, const Line& line) {
  if (line.word(0) == "dataset") {
    put_dataset(file, line);
  } else if (line.word(0) == "attribute") {
    put_attribute(file, line);
  } else if (line.word(0) == "group") {
    const Handle group(
        H5Gcreate2(file, std::string(line.word(1)).c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Gclose);
  } else {
    put_link(file, line);
  }
}

Handle create_file(bool old) {
  constexpr std::size_t kGrowthBytes = std::size_t{64} << 10;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access.id(), kGrowthBytes, false);
  if (!old) {
    H5Pset_libver_bounds(access.id(), H5F_LIBVER_V18, H5F_LIBVER_V18);
  }
  return {H5Fcreate("recipe", H5F_ACC_TRUNC, H5P_DEFAULT, access.id()), H5Fclose};
}

}  // namespace

std::vector<std::byte> cook(std::string_view recipe) {
  const data::hdf5::LibraryLock lock;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle file = create_file(recipe.starts_with("old\n"));
  for (std::size_t lines = 0; !recipe.empty() && lines < kLinesMax; ++lines) {
    const std::string_view line = cut(recipe, '\n');
    put(file.id(), Line(line));
  }
  const auto bytes = data::hdf5::image_bytes(file, {"recipe", ""});
  std::vector<std::byte> image(bytes.begin(), bytes.end());
  H5Eclear2(H5E_DEFAULT);
  return image;
}

}  // namespace hermes::fuzz
