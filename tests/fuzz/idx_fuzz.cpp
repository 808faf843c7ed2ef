// The four files of an IDX data set, plain or gzip, with "--8<--" between them.

#include "fuzz_target.hpp"
#include "hermes/data/convert.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  const auto pieces = fuzz::cut_pieces(fuzz::text_of(data, size), 4);
  const fuzz::InputFile train_images(pieces[0]);
  const fuzz::InputFile train_labels(pieces[1]);
  const fuzz::InputFile test_images(pieces[2]);
  const fuzz::InputFile test_labels(pieces[3]);
  fuzz::takes([&] {
    data::convert_idx(
        {train_images.path(), train_labels.path(), test_images.path(), test_labels.path()},
        {.output = fuzz::output_file(), .limit = {}, .class_names = {}});
  });
  return 0;
}
