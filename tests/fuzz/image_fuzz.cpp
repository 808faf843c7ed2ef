// One PNG or JPEG file. What is decoded is as large as it says.

#include "data/image_file.hpp"
#include "fuzz_target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  const fuzz::InputFile file(fuzz::text_of(data, size));
  fuzz::takes([&] {
    const data::Image image = data::read_image(file.path());
    if (image.pixels.size() != image.width * image.height * image.channels) {
      fuzz::report_finding("as many pixels as the image has", std::to_string(image.pixels.size()));
    }
  });
  return 0;
}
