// Runs inputs through a fuzz target without libFuzzer: replay FILE_OR_DIRECTORY...

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

#include "fuzz_target.hpp"

namespace {

void replay(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string input((std::istreambuf_iterator<char>(stream)), {});
  std::cout << file.filename().string() << std::endl;  // flushed: the last line names the finding
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  hermes::fuzz::shows_refusals = true;
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path given :
       std::span(argv, static_cast<std::size_t>(argc)).subspan(1)) {
    if (std::filesystem::is_directory(given)) {
      for (const auto& entry : std::filesystem::directory_iterator(given)) {
        files.push_back(entry.path());
      }
    } else if (std::filesystem::exists(given)) {
      files.push_back(given);
    }
  }
  std::ranges::sort(files);
  std::ranges::for_each(files, replay);
  if (files.empty()) {
    std::cerr << "replay: expected files or directories that hold some, found none\n";
    return 2;
  }
  std::cout << files.size() << " inputs\n";
  return 0;
}
