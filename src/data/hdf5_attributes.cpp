#include <array>
#include <memory>

#include "data/hdf5.hpp"

namespace hermes::data::hdf5 {
namespace {

// Nothing that Hermes reads from an attribute comes near this; a damaged file may claim anything.
constexpr hssize_t kValuesMax = hssize_t{1} << 20;
constexpr std::size_t kTextBytesMax = std::size_t{16} << 20;

struct OpenAttribute {
  Handle id;
  Handle type;
  Handle space;
  std::size_t count = 0;
};

std::optional<OpenAttribute> open(hid_t object, const char* name, const Place& place) {
  const htri_t found = H5Aexists(object, name);
  check(found, place, "looking for the attribute");
  if (found == 0) {
    return std::nullopt;
  }
  OpenAttribute attribute;
  attribute.id = own(H5Aopen(object, name, H5P_DEFAULT), H5Aclose, place, "opening the attribute");
  attribute.type =
      own(H5Aget_type(attribute.id.id()), H5Tclose, place, "reading the attribute's type");
  attribute.space =
      own(H5Aget_space(attribute.id.id()), H5Sclose, place, "reading the attribute's shape");
  const hssize_t count = H5Sget_simple_extent_npoints(attribute.space.id());
  check(count, place, "reading the attribute's shape");
  if (count > kValuesMax) {
    fail(place, "expected at most " + std::to_string(kValuesMax) + " values, found " +
                    std::to_string(count));
  }
  attribute.count = static_cast<std::size_t>(count);
  return attribute;
}

Place attribute_place(const Place& place, const char* name) {
  return place.at("attribute " + std::string(name) +
                  (place.object.empty() ? "" : " of " + place.object));
}

template <class T>
std::optional<std::vector<T>> read_values(hid_t object, const char* name, hid_t memory_type,
                                          const Place& place) {
  const Place where = attribute_place(place, name);
  const auto attribute = open(object, name, where);
  if (!attribute) {
    return std::nullopt;
  }
  const H5T_class_t kind = H5Tget_class(attribute->type.id());
  if (kind != H5T_INTEGER && (kind != H5T_FLOAT || memory_type == H5T_NATIVE_INT64)) {
    fail(where, memory_type == H5T_NATIVE_INT64 ? "expected integers, found another type"
                                                : "expected numbers, found another type");
  }
  std::vector<T> values(attribute->count);
  check(H5Aread(attribute->id.id(), memory_type, values.data()), where, "reading");
  return values;
}

Handle string_type(const Place& place) {
  Handle type = own(H5Tcopy(H5T_C_S1), H5Tclose, place, "preparing strings");
  check(H5Tset_size(type.id(), H5T_VARIABLE), place, "preparing strings");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), place, "preparing strings");
  return type;
}

void write_attribute(hid_t object, const std::string& name, hid_t file_type, hid_t memory_type,
                     const void* values, std::size_t count, Extent extent, const Place& place) {
  const Place where = attribute_place(place, name.c_str());
  const hsize_t size = count;
  const Handle space =
      own(extent == Extent::Scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &size, nullptr),
          H5Sclose, where, "preparing");
  const Handle attribute =
      own(H5Acreate2(object, name.c_str(), file_type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
          H5Aclose, where, "creating");
  check(H5Awrite(attribute.id(), memory_type, values), where, "writing");
}

}  // namespace

std::optional<std::vector<double>> read_numbers(hid_t object, const char* name,
                                                const Place& place) {
  return read_values<double>(object, name, H5T_NATIVE_DOUBLE, place);
}

std::optional<std::vector<std::int64_t>> read_integers(hid_t object, const char* name,
                                                       const Place& place) {
  return read_values<std::int64_t>(object, name, H5T_NATIVE_INT64, place);
}

std::optional<std::vector<std::string>> read_strings(hid_t object, const char* name,
                                                     const Place& place) {
  const Place where = attribute_place(place, name);
  const auto attribute = open(object, name, where);
  if (!attribute) {
    return std::nullopt;
  }
  const hid_t type = attribute->type.id();
  if (H5Tget_class(type) != H5T_STRING) {
    fail(where, "expected strings, found another type");
  }
  std::vector<std::string> strings;
  strings.reserve(attribute->count);
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(attribute->count, nullptr);
    check(H5Aread(attribute->id.id(), type, pointers.data()), where, "reading");
    for (char* pointer : pointers) {
      strings.emplace_back(pointer != nullptr ? pointer : "");
    }
    H5Dvlen_reclaim(type, attribute->space.id(), H5P_DEFAULT, pointers.data());
    return strings;
  }
  const std::size_t size = H5Tget_size(type);
  if (attribute->count > 0 && size > kTextBytesMax / attribute->count) {
    fail(where, "expected at most " + std::to_string(kTextBytesMax) + " bytes, found " +
                    std::to_string(attribute->count) + " x " + std::to_string(size));
  }
  std::vector<char> text(attribute->count * size);
  check(H5Aread(attribute->id.id(), type, text.data()), where, "reading");
  for (std::size_t i = 0; i < attribute->count; ++i) {
    const std::string_view fixed(text.data() + i * size, size);
    strings.emplace_back(fixed.substr(0, fixed.find('\0')));
  }
  return strings;
}

void write_numbers(hid_t object, const std::string& name, const std::vector<double>& values,
                   Extent extent, const Place& place) {
  write_attribute(object, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values.data(), values.size(),
                  extent, place);
}

void write_integers(hid_t object, const std::string& name, const std::vector<std::int64_t>& values,
                    Extent extent, const Place& place) {
  write_attribute(object, name, H5T_STD_I64LE, H5T_NATIVE_INT64, values.data(), values.size(),
                  extent, place);
}

void write_strings(hid_t object, const std::string& name, const std::vector<std::string>& values,
                   Extent extent, const Place& place) {
  std::vector<const char*> pointers;
  pointers.reserve(values.size());
  for (const std::string& value : values) {
    pointers.push_back(value.c_str());
  }
  const Handle type = string_type(place);
  write_attribute(object, name, type.id(), type.id(), pointers.data(), pointers.size(), extent,
                  place);
}

}  // namespace hermes::data::hdf5
