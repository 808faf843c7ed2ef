// The four arrays of a data set, plain or gzip, with "--8<--" between them.

#include "fuzz_target.hpp"
#include "hermes/data/convert.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  const auto pieces = fuzz::cut_pieces(fuzz::text_of(data, size), 4);
  const fuzz::InputFile train_x(pieces[0]);
  const fuzz::InputFile train_y(pieces[1]);
  const fuzz::InputFile test_x(pieces[2]);
  const fuzz::InputFile test_y(pieces[3]);
  fuzz::takes([&] {
    data::convert_npy({train_x.path(), train_y.path(), test_x.path(), test_y.path()},
                      {.output = fuzz::output_file(), .limit = {}, .class_names = {}});
  });
  return 0;
}
