#include "hermes/runtime/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "hermes/core/buffer.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/half.hpp"
#include "hermes/data/atomic_file.hpp"

namespace hermes::runtime {
namespace {

using Json = nlohmann::ordered_json;  // in the order of the file

static_assert(std::endian::native == std::endian::little, "the file's numbers are little-endian");

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kHeaderBytesMax = 100'000'000;  // as the format's own library has it
constexpr int kDepthMax = 4;  // header, description of a tensor, its lists, their numbers
constexpr const char* kMetadata = "__metadata__";

struct ElementType {
  std::string_view name;
  std::size_t bytes;
};
constexpr ElementType kTypes[] = {{"F32", 4}, {"F64", 8}, {"F16", 2}, {"BF16", 2}};

/// Where the header says that a tensor is.
struct Entry {
  data::Tensor tensor;  // without its values
  ElementType type;
  std::uint64_t begin = 0;  // behind the header
  std::uint64_t end = 0;
};

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : name_(file.string()) {
    std::error_code problem;
    bytes_ = std::filesystem::file_size(file, problem);
    stream_.open(file, std::ios::binary);
    if (problem || !stream_) {
      fail("expected a readable safetensors file, found none");
    }
  }

  std::vector<data::Tensor> read() {
    std::vector<Entry> entries = read_header();
    std::vector<data::Tensor> tensors;
    for (Entry& entry : entries) {
      read_values(entry);
      tensors.push_back(std::move(entry.tensor));
    }
    std::ranges::sort(tensors, {}, &data::Tensor::name);
    return tensors;
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    throw DataError(name_ + ": " + problem);
  }

  [[noreturn]] void fail(const Entry& entry, const std::string& problem) const {
    fail("tensor " + entry.tensor.name + ": " + problem);
  }

  /// The entries in the order of their places; they fill the file without a gap.
  std::vector<Entry> read_header() {
    std::uint64_t length = 0;
    const std::uint64_t room = bytes_ - std::min<std::uint64_t>(bytes_, kLengthBytes);
    read(&length, std::min<std::uint64_t>(bytes_, kLengthBytes));
    if (room == 0 || length > std::min(room, kHeaderBytesMax)) {
      fail("expected the length of a safetensors header in the first 8 bytes, found " +
           std::to_string(length) + " in a file of " + std::to_string(bytes_) + " bytes");
    }
    std::string text(length, '\0');
    read(text.data(), length);
    // What is nested deeper is left out: to print it in an error would take as deep a stack.
    const auto is_shallow = [](int depth, Json::parse_event_t, const Json&) {
      return depth < kDepthMax;
    };
    const Json header = Json::parse(text, is_shallow, false);
    if (!header.is_object()) {
      fail("expected a header in JSON, an object, found something else");
    }
    std::vector<Entry> entries;
    for (const auto& [name, description] : header.items()) {
      if (name != kMetadata) {
        entries.push_back(entry_of(name, description));
      }
    }
    std::ranges::sort(entries, {}, &Entry::begin);
    std::uint64_t place = 0;
    for (const Entry& entry : entries) {
      if (entry.begin != place) {
        fail(entry, "expected to begin at " + std::to_string(place) + ", found " +
                        std::to_string(entry.begin));
      }
      place = entry.end;
    }
    if (place != room - length) {
      fail("expected " + std::to_string(place) + " bytes of values, found " +
           std::to_string(room - length));
    }
    return entries;
  }

  Entry entry_of(const std::string& name, const Json& description) const {
    Entry entry;
    entry.tensor.name = name;
    const auto member = [&](const char* key) -> const Json& {
      static const Json nothing;
      return description.is_object() && description.contains(key) ? description[key] : nothing;
    };
    const std::string type =
        member("dtype").is_string() ? member("dtype").get<std::string>() : "none";
    const auto* known = std::ranges::find(kTypes, type, &ElementType::name);
    if (known == std::end(kTypes)) {
      fail(entry, "expected dtype F32, F64, F16 or BF16, found " + type);
    }
    entry.type = *known;
    entry.tensor.dims = counts_in(entry, member("shape"), "shape");
    const std::vector<std::uint64_t> place =
        counts_in(entry, member("data_offsets"), "data_offsets");
    if (place.size() != 2 || place[0] > place[1]) {
      fail(entry, "expected data_offsets [begin, end], found " + member("data_offsets").dump());
    }
    entry.begin = place[0];
    entry.end = place[1];
    auto needed = static_cast<double>(entry.type.bytes);  // no overflow, unlike integers
    for (const std::uint64_t extent : entry.tensor.dims) {
      needed *= static_cast<double>(extent);
    }
    if (needed != static_cast<double>(entry.end - entry.begin)) {
      fail(entry, "expected as many bytes as " + type + " of shape " + member("shape").dump() +
                      " takes, found " + std::to_string(entry.end - entry.begin));
    }
    return entry;
  }

  std::vector<std::uint64_t> counts_in(const Entry& entry, const Json& list,
                                       const std::string& what) const {
    const bool is_counts = list.is_array() && std::ranges::all_of(list, [](const Json& value) {
                             return value.is_number_unsigned();
                           });
    if (!is_counts) {
      fail(entry, "expected a list of integers >= 0 as " + what + ", found " + list.dump());
    }
    return list.get<std::vector<std::uint64_t>>();
  }

  /// Requires: the entries before it have been read. Its size is known to be that of the file.
  void read_values(Entry& entry) {
    const std::uint64_t count = (entry.end - entry.begin) / entry.type.bytes;
    std::vector<float>& values = entry.tensor.values;
    values.resize(count);
    if (entry.type.name == "F32") {
      read(values.data(), count * sizeof(float));
    } else if (entry.type.name == "F64") {
      std::vector<double> wide(count);
      read(wide.data(), count * sizeof(double));
      std::ranges::transform(wide, values.begin(), [](double x) { return static_cast<float>(x); });
    } else {
      std::vector<std::uint16_t> halves(count);
      read(halves.data(), count * sizeof(std::uint16_t));
      (entry.type.name == "F16" ? from_fp16 : from_bf16)(halves, values);
    }
  }

  void read(void* out, std::uint64_t size) {
    stream_.read(static_cast<char*>(out), static_cast<std::streamsize>(size));
    if (!stream_) {
      fail("expected " + std::to_string(bytes_) + " readable bytes, found fewer");
    }
  }

  std::string name_;
  std::ifstream stream_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

void write_safetensors(const std::filesystem::path& file, std::span<const data::TensorView> tensors,
                       const std::map<std::string, std::string>& metadata) {
  Json header = Json::object();
  if (!metadata.empty()) {
    header[kMetadata] = metadata;
  }
  std::uint64_t place = 0;
  for (const data::TensorView& tensor : tensors) {
    const std::uint64_t end = place + tensor.values.size_bytes();
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.dims}, {"data_offsets", {place, end}}};
    place = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + kLengthBytes - 1) / kLengthBytes * kLengthBytes, ' ');
  const std::uint64_t length = text.size();
  data::AtomicFile output(file);
  output.write(std::as_bytes(std::span(&length, 1)));
  output.write(std::as_bytes(std::span(text)));
  for (const data::TensorView& tensor : tensors) {
    output.write(std::as_bytes(tensor.values));
  }
  output.commit();
}

std::vector<data::Tensor> read_safetensors(const std::filesystem::path& file) {
  return Reader(file).read();
}

}  // namespace hermes::runtime
