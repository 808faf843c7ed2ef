// A table, plain or gzip. The first line of the input is the separator and the label column.

#include "fuzz_target.hpp"
#include "hermes/data/convert.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hermes;
  const std::string_view input = fuzz::text_of(data, size);
  const std::size_t end = input.find('\n');
  if (end == 0 || end == std::string_view::npos) {
    return 0;
  }
  const fuzz::InputFile file(input.substr(end + 1));
  fuzz::takes([&] {
    data::convert_csv({.file = file.path(),
                       .label = std::string(input.substr(1, end - 1)),
                       .separator = input[0]},
                      {.output = fuzz::output_file(), .limit = {}, .class_names = {}});
  });
  return 0;
}
