#include "data/image_file.hpp"

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <jpeglib.h>  // needs <cstdio> before it
#include <png.h>

#include "data/byte_reader.hpp"
#include "hermes/core/error.hpp"

namespace hermes::data {
namespace {

constexpr std::uint64_t kPixelsMax = 64'000'000;
constexpr std::string_view kPngSignature = "\x89PNG";
constexpr std::string_view kJpegSignature = "\xFF\xD8\xFF";

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& problem) {
  throw DataError(file.string() + ": " + problem);
}

Image make_image(const std::filesystem::path& file, std::size_t width, std::size_t height,
                 std::size_t channels) {
  if (std::uint64_t{width} * height > kPixelsMax) {
    fail(file, "expected at most " + std::to_string(kPixelsMax) + " pixels, found " +
                   std::to_string(height) + " x " + std::to_string(width));
  }
  return {width, height, channels, std::vector<std::byte>(width * height * channels)};
}

/// Frees what libpng holds.
struct Png {
  png_image state{};

  Png() { state.version = PNG_IMAGE_VERSION; }
  ~Png() { png_image_free(&state); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;
};

Image read_png(const std::filesystem::path& file, const std::string& bytes) {
  Png png;
  if (png_image_begin_read_from_memory(&png.state, bytes.data(), bytes.size()) == 0) {
    fail(file,
         std::string("expected a PNG image, found a damaged one (") + png.state.message + ")");
  }
  const bool is_colour = (png.state.format & PNG_FORMAT_FLAG_COLOR) != 0;
  png.state.format = is_colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Image image = make_image(file, png.state.width, png.state.height, is_colour ? 3 : 1);
  if (png_image_finish_read(&png.state, nullptr, image.pixels.data(), 0, nullptr) == 0 ||
      PNG_IMAGE_FAILED(png.state)) {
    fail(file,
         std::string("expected a PNG image, found a damaged one (") + png.state.message + ")");
  }
  return image;
}

/// libjpeg tells of errors by a function that must not return: it jumps out of the library, over C
/// frames only, to the last call of `guarded`.
class Jpeg {
 public:
  explicit Jpeg(const std::filesystem::path& file) : file_(file) {
    state_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = [](j_common_ptr state) {
      auto* errors = reinterpret_cast<Errors*>(state->err);
      state->err->format_message(state, errors->text.data());
      std::longjmp(errors->place, 1);
    };
    errors_.base.emit_message = [](j_common_ptr state, int level) {
      state->err->num_warnings += level < 0 ? 1 : 0;  // a cut file, say; nothing is printed
    };
    jpeg_create_decompress(&state_);
  }
  ~Jpeg() { jpeg_destroy_decompress(&state_); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  Image decode(const std::string& bytes) {
    guarded([&] {
      jpeg_mem_src(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                   static_cast<unsigned long>(bytes.size()));
      jpeg_read_header(&state_, TRUE);
    });
    const bool is_colour = state_.num_components != 1;
    state_.out_color_space = is_colour ? JCS_RGB : JCS_GRAYSCALE;
    Image image = make_image(file_, state_.image_width, state_.image_height, is_colour ? 3 : 1);
    auto* row = reinterpret_cast<JSAMPROW>(image.pixels.data());
    const std::size_t stride = image.width * image.channels;
    guarded([&] {
      jpeg_start_decompress(&state_);
      while (state_.output_scanline < state_.output_height) {
        JSAMPROW next = row + state_.output_scanline * stride;
        jpeg_read_scanlines(&state_, &next, 1);
      }
      jpeg_finish_decompress(&state_);
    });
    if (errors_.base.num_warnings > 0) {
      fail(file_, "expected a whole JPEG image, found a cut or damaged one");
    }
    return image;
  }

 private:
  struct Errors {
    jpeg_error_mgr base{};  // first: libjpeg knows only this part
    std::jmp_buf place{};
    std::array<char, JMSG_LENGTH_MAX> text{};
  };

  template <class Work>
  void guarded(const Work& work) {
    if (setjmp(errors_.place) != 0) {
      fail(file_,
           std::string("expected a JPEG image, found a damaged one (") + errors_.text.data() + ")");
    }
    work();
  }

  const std::filesystem::path& file_;
  jpeg_decompress_struct state_{};
  Errors errors_;
};

}  // namespace

bool is_image_name(const std::filesystem::path& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg";
}

Image read_image(const std::filesystem::path& file) {
  constexpr std::uint64_t kFileBytesMax = std::uint64_t{64} << 20U;
  const std::string bytes = ByteReader(file).read_text(kFileBytesMax);
  if (bytes.starts_with(kPngSignature)) {
    return read_png(file, bytes);
  }
  if (bytes.starts_with(kJpegSignature)) {
    return Jpeg(file).decode(bytes);
  }
  fail(file, "expected a PNG or JPEG image, found neither");
}

}  // namespace hermes::data
