#pragma once

#include <hdf5.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The thin layer over HDF5's C API: owned identifiers, and failures as DataError. Private to the
/// data module; everything that HDF5 says about an error ends up in one line.
namespace hermes::data::hdf5 {

/// Held while HDF5 is called. The library is not thread-safe and its state is the process's, so the
/// lock is the process's, too. Every public function of the module takes it once, before it owns
/// its first handle; nothing in this header does.
class LibraryLock {
 public:
  LibraryLock();

  /// Lets others have the lock for the length of a scope in which HDF5 is not called.
  class Pause {
   public:
    explicit Pause(LibraryLock& lock) : lock_(lock) { lock_.guard_.unlock(); }
    ~Pause() { lock_.guard_.lock(); }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    LibraryLock& lock_;
  };

 private:
  std::unique_lock<std::mutex> guard_;
};

/// Where something happens, for messages: a file and an object in it ("/train/x").
struct Place {
  std::string file;
  std::string object;

  Place at(std::string_view name) const { return {file, std::string(name)}; }
};

/// Throws DataError "file: object: problem".
[[noreturn]] void fail(const Place& place, std::string_view problem);
/// The same with the reason that HDF5 gave for the call that just failed.
[[noreturn]] void fail_with_reason(const Place& place, std::string_view operation);

/// Owns an identifier.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);

  Handle() = default;
  Handle(hid_t id, Close closer) : id_(id), close_(closer) {}
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) {
      close_(id_);
    }
  }

  hid_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_ = H5I_INVALID_HID;
  Close close_ = nullptr;
};

/// Takes the result of a call that makes an identifier.
Handle own(hid_t id, Handle::Close close, const Place& place, std::string_view operation);
/// Takes the result of a call that returns a negative number on failure.
void check(std::int64_t result, const Place& place, std::string_view operation);

/// Opens a file read-only, without a lock. Tells apart: missing, not HDF5, truncated or damaged.
Handle open_file(const std::filesystem::path& path);
/// Properties to look objects up with (H5P_LINK_ACCESS, or H5P_DATASET_ACCESS to open them): links
/// to other files fail.
Handle link_access(hid_t property_class, const Place& place);
/// Properties to create a file, group or dataset with (of that class, H5P_..._CREATE), without time
/// stamps: the same content makes the same bytes.
Handle creation_properties(hid_t property_class, const Place& place);
/// Creates a file in memory, with checksums on its metadata (format of HDF5 1.8 and later).
/// Not on disk: when the disk is full, HDF5 1.10 fails to close the file and crashes at exit.
Handle create_image(const Place& place);
/// Flushes a file in memory and returns its bytes, valid until it is changed or closed.
std::span<const std::byte> image_bytes(const Handle& file, const Place& place);

/// True when all links of an absolute path exist.
bool exists(hid_t file, const std::string& object, const Place& place);

/// Shape and storage of a dataset.
struct ArrayType {
  std::vector<hsize_t> dims;
  std::vector<hsize_t> chunk;  ///< empty when contiguous
  H5T_class_t kind = H5T_NO_CLASS;
  std::size_t element_bytes = 0;
  bool is_signed = false;
  bool is_filtered = false;  ///< chunks are compressed, checksummed or the like

  std::string element_name() const;  ///< "uint8", "float64", ...
  std::string shape_text() const;    ///< "60000 x 1 x 28 x 28"
};
/// False when a file that stores so many bytes of it can hardly hold `bytes`: damage, or a lie.
bool is_plausible_size(double bytes, std::uint64_t stored);
/// Throws where shape or chunks claim far more than the file stores, before anybody allocates for
/// it, and where the values are not in this file.
ArrayType array_type(hid_t dataset, const Place& place);

/// Attributes of an object; nothing when the attribute is not there. DataError on a wrong kind.
std::optional<std::vector<double>> read_numbers(hid_t object, const char* name, const Place& place);
std::optional<std::vector<std::int64_t>> read_integers(hid_t object, const char* name,
                                                       const Place& place);
/// Variable-length (as h5py writes them) or fixed-length strings.
std::optional<std::vector<std::string>> read_strings(hid_t object, const char* name,
                                                     const Place& place);
/// A new array, in one piece.
void write_array(hid_t file, const std::vector<hsize_t>& dims, hid_t stored_type, hid_t memory_type,
                 const void* values, const Place& place);
/// A single value (`values` has one) or a list.
enum class Extent { Scalar, List };
void write_numbers(hid_t object, const std::string& name, const std::vector<double>& values,
                   Extent extent, const Place& place);
void write_integers(hid_t object, const std::string& name, const std::vector<std::int64_t>& values,
                    Extent extent, const Place& place);
void write_strings(hid_t object, const std::string& name, const std::vector<std::string>& values,
                   Extent extent, const Place& place);

}  // namespace hermes::data::hdf5
