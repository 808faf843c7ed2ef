#include "data/hdf5.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "hermes/core/error.hpp"

namespace hermes::data::hdf5 {
namespace {

std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

herr_t keep_description(unsigned, const H5E_error2_t* entry, void* text) {
  if (entry->desc != nullptr) {
    *static_cast<std::string*>(text) = entry->desc;
  }
  return 1;  // the first entry is the innermost: stop
}

std::string last_reason() {
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_description, &reason);
  H5Eclear2(H5E_DEFAULT);
  for (char& c : reason) {
    if (c == '\n') {
      c = ' ';
    }
  }
  return reason;
}

}  // namespace

LibraryLock::LibraryLock() : guard_(library_mutex()) {}

void fail(const Place& place, std::string_view problem) {
  std::string message = place.file;
  if (!place.object.empty()) {
    message += ": " + place.object;
  }
  throw DataError(message.append(": ").append(problem));
}

void fail_with_reason(const Place& place, std::string_view operation) {
  const std::string reason = last_reason();
  std::string problem(operation);
  problem += " failed";
  if (!reason.empty()) {
    problem += " (HDF5: " + reason + ")";
  }
  fail(place, problem);
}

Handle own(hid_t id, Handle::Close close, const Place& place, std::string_view operation) {
  if (id < 0) {
    fail_with_reason(place, operation);
  }
  return {id, close};
}

void check(std::int64_t result, const Place& place, std::string_view operation) {
  if (result < 0) {
    fail_with_reason(place, operation);
  }
}

Handle open_file(const std::filesystem::path& path) {
  const Place place{path.string(), ""};
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    fail(place, std::string("cannot open: ") + std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) {
    fail(place, "expected an HDF5 file, found no regular file");
  }
  const Handle access = own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, place, "preparing to open");
#if H5_VERSION_GE(1, 10, 7)
  // Readers need no lock, and many cluster file systems have none.
  check(H5Pset_file_locking(access.id(), false, true), place, "preparing to open");
#endif
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose);
  if (!file) {
    const std::string reason = last_reason();
    const htri_t signature = H5Fis_hdf5(path.c_str());
    if (signature > 0) {
      fail(place, "expected a whole HDF5 file, found a truncated or damaged one (" + reason + ")");
    }
    fail(place, signature == 0 ? "expected an HDF5 file, found no HDF5 signature"
                               : "cannot open (HDF5: " + reason + ")");
  }
  return file;
}

namespace {

herr_t refuse_other_file(const char*, const char*, const char*, const char*, unsigned*, hid_t,
                         void*) noexcept {
  return -1;
}

}  // namespace

Handle link_access(hid_t property_class, const Place& place) {
  Handle properties = own(H5Pcreate(property_class), H5Pclose, place, "preparing to read");
  check(H5Pset_elink_cb(properties.id(), refuse_other_file, nullptr), place, "preparing to read");
  return properties;
}

Handle creation_properties(hid_t property_class, const Place& place) {
  Handle properties = own(H5Pcreate(property_class), H5Pclose, place, "preparing");
  check(H5Pset_obj_track_times(properties.id(), false), place, "preparing");
  return properties;
}

void write_array(hid_t file, const std::vector<hsize_t>& dims, hid_t stored_type, hid_t memory_type,
                 const void* values, const Place& place) {
  const Handle space = own(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
                           H5Sclose, place, "preparing");
  const Handle storage = creation_properties(H5P_DATASET_CREATE, place);
  const Handle dataset = own(H5Dcreate2(file, place.object.c_str(), stored_type, space.id(),
                                        H5P_DEFAULT, storage.id(), H5P_DEFAULT),
                             H5Dclose, place, "creating");
  check(H5Dwrite(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), place,
        "writing");
}

Handle create_image(const Place& place) {
  constexpr std::size_t kGrowthBytes = std::size_t{4} << 20;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Handle access = own(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, place, "preparing to write");
  check(H5Pset_libver_bounds(access.id(), H5F_LIBVER_V18, H5F_LIBVER_V18), place,
        "preparing to write");
  check(H5Pset_fapl_core(access.id(), kGrowthBytes, false), place, "preparing to write");
  const Handle creation = creation_properties(H5P_FILE_CREATE, place);
  return own(H5Fcreate(place.file.c_str(), H5F_ACC_TRUNC, creation.id(), access.id()), H5Fclose,
             place, "creating the file in memory");
}

std::span<const std::byte> image_bytes(const Handle& file, const Place& place) {
  check(H5Fflush(file.id(), H5F_SCOPE_GLOBAL), place, "writing to memory");
  const ssize_t size = H5Fget_file_image(file.id(), nullptr, 0);
  check(size, place, "writing to memory");
  void* memory = nullptr;  // of the driver: a pointer to its pointer to the bytes
  check(H5Fget_vfd_handle(file.id(), H5P_DEFAULT, &memory), place, "writing to memory");
  return {*static_cast<const std::byte* const*>(memory), static_cast<std::size_t>(size)};
}

bool exists(hid_t file, const std::string& object, const Place& place) {
  const Handle access = link_access(H5P_LINK_ACCESS, place);
  // HDF5 wants every step of the path to exist before it looks at the next.
  for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
    const std::string step = object.substr(0, end);
    const htri_t found = H5Lexists(file, step.c_str(), access.id());
    check(found, place.at(step), "looking for it");
    if (found == 0) {
      return false;
    }
    if (end == std::string::npos) {
      return true;
    }
  }
}

std::string ArrayType::element_name() const {
  const std::string bits = std::to_string(element_bytes * 8);
  switch (kind) {
    case H5T_INTEGER:
      return (is_signed ? "int" : "uint") + bits;
    case H5T_FLOAT:
      return "float" + bits;
    case H5T_STRING:
      return "strings";
    case H5T_COMPOUND:
      return "a compound type";
    default:
      return "another type";
  }
}

namespace {

std::string shape_text(std::span<const hsize_t> extents) {
  std::string text = extents.empty() ? "a single value" : "";
  for (const hsize_t extent : extents) {
    text += (text.empty() ? "" : " x ") + std::to_string(extent);
  }
  return text;
}

}  // namespace

std::string ArrayType::shape_text() const {
  return hdf5::shape_text(dims);
}

bool is_plausible_size(double bytes, std::uint64_t stored) {
  constexpr double kRatioMax = 2048.0;  // gzip shrinks at most by about 1:1032
  constexpr double kAlwaysFine = 64.0 * 1024 * 1024;
  return bytes <= kAlwaysFine || bytes <= kRatioMax * static_cast<double>(stored);
}

namespace {

double product(std::span<const hsize_t> extents) {
  double values = 1.0;  // no overflow, unlike integers
  for (const hsize_t extent : extents) {
    values *= static_cast<double>(extent);
  }
  return values;
}

/// HDF5 holds whole chunks in memory, and a chunk may be larger than the array.
void check_claimed_size(hid_t dataset, const ArrayType& type, const Place& place) {
  const auto element = static_cast<double>(type.element_bytes);
  const hsize_t stored = H5Dget_storage_size(dataset);
  if (!is_plausible_size(element * product(type.dims), stored)) {
    fail(place, "expected data for shape " + type.shape_text() + ", found only " +
                    std::to_string(stored) + " stored bytes");
  }
  if (!is_plausible_size(element * product(type.chunk), stored)) {
    fail(place, "expected data for chunks of " + shape_text(type.chunk) + ", found only " +
                    std::to_string(stored) + " stored bytes");
  }
}

/// The fewest bytes that a chunk of this dataset can be stored in. Compressors may make it smaller
/// than any bound.
double stored_bytes_min(hid_t creation, double whole, const Place& place) {
  constexpr double kChecksumBytes = 4;
  double checksums = 0;
  bool is_compressed = false;
  const int filters = H5Pget_nfilters(creation);
  check(filters, place, "counting the filters");
  for (unsigned i = 0; i < static_cast<unsigned>(filters); ++i) {
    unsigned flags = 0;
    std::size_t no_values = 0;
    const H5Z_filter_t filter =
        H5Pget_filter2(creation, i, &flags, &no_values, nullptr, 0, nullptr, nullptr);
    checksums += filter == H5Z_FILTER_FLETCHER32 ? kChecksumBytes : 0;
    is_compressed =
        is_compressed || (filter != H5Z_FILTER_FLETCHER32 && filter != H5Z_FILTER_SHUFFLE);
  }
  return checksums + (is_compressed ? 0 : whole);
}

/// HDF5 takes it for granted that a chunk is stored whole unless it is compressed, and that it has
/// room for its checksum, and reads beyond those that are not and have none. Its search for a
/// chunk by number goes through all before it, hence the limit.
void check_stored_chunks(hid_t dataset, hid_t space, hid_t creation, const ArrayType& type,
                         const Place& place) {
  constexpr hsize_t kEachUpTo = 1024;
  const double whole = static_cast<double>(type.element_bytes) * product(type.chunk);
  const double least = stored_bytes_min(creation, whole, place);
  hsize_t count = 0;
  check(H5Dget_num_chunks(dataset, space, &count), place, "counting the chunks");
  bool is_sound =
      static_cast<double>(H5Dget_storage_size(dataset)) >= least * static_cast<double>(count);
  std::vector<hsize_t> origin(type.chunk.size());
  for (hsize_t i = 0; i < count && count <= kEachUpTo && is_sound; ++i) {
    hsize_t bytes = 0;
    check(H5Dget_chunk_info(dataset, space, i, origin.data(), nullptr, nullptr, &bytes), place,
          "looking at a chunk");
    is_sound = static_cast<double>(bytes) >= least;
  }
  if (!is_sound) {
    fail(place,
         "expected chunks of " + shape_text(type.chunk) + " values each, found a shorter one");
  }
}

/// What a data set or a model is made of is in its file. (Another file may also be a pipe that
/// never ends.)
void check_own_storage(hid_t creation, const Place& place) {
  const bool is_virtual = H5Pget_layout(creation) == H5D_VIRTUAL;
  if (is_virtual || H5Pget_external_count(creation) > 0) {
    fail(place, "expected values in this file, found a reference to other files");
  }
}

}  // namespace

ArrayType array_type(hid_t dataset, const Place& place) {
  ArrayType type;
  const Handle element = own(H5Dget_type(dataset), H5Tclose, place, "reading the type");
  type.kind = H5Tget_class(element.id());
  type.element_bytes = H5Tget_size(element.id());
  type.is_signed = type.kind == H5T_INTEGER && H5Tget_sign(element.id()) == H5T_SGN_2;

  const Handle space = own(H5Dget_space(dataset), H5Sclose, place, "reading the shape");
  const int rank = H5Sget_simple_extent_ndims(space.id());
  check(rank, place, "reading the shape");
  if (H5Sget_simple_extent_type(space.id()) == H5S_NULL) {
    fail(place, "expected values, found none");
  }
  type.dims.resize(static_cast<std::size_t>(rank));
  check(H5Sget_simple_extent_dims(space.id(), type.dims.data(), nullptr), place,
        "reading the shape");

  const Handle creation =
      own(H5Dget_create_plist(dataset), H5Pclose, place, "reading the storage layout");
  check_own_storage(creation.id(), place);
  if (H5Pget_layout(creation.id()) == H5D_CHUNKED) {
    type.chunk.resize(static_cast<std::size_t>(rank));
    check(H5Pget_chunk(creation.id(), rank, type.chunk.data()), place,
          "reading the storage layout");
    type.is_filtered = H5Pget_nfilters(creation.id()) > 0;
  }
  check_claimed_size(dataset, type, place);
  if (!type.chunk.empty()) {
    check_stored_chunks(dataset, space.id(), creation.id(), type, place);
  }
  return type;
}

}  // namespace hermes::data::hdf5
