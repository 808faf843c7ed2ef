// The binary version of CIFAR-10, plain or gzip: two training files and a test file, with "--8<--"
// between them.

#include "fuzz_target.hpp"
#include "hermes/data/convert.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  const auto pieces = fuzz::cut_pieces(fuzz::text_of(data, size), 3);
  const fuzz::InputFile first(pieces[0]);
  const fuzz::InputFile second(pieces[1]);
  const fuzz::InputFile test(pieces[2]);
  fuzz::takes([&] {
    data::convert_cifar10({{first.path(), second.path()}, {test.path()}},
                          {.output = fuzz::output_file(), .limit = 1, .class_names = {}});
  });
  return 0;
}
