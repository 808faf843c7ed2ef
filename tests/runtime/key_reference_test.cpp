// The table of keys in src/runtime/README.md is made from the code that reads them.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "hermes/runtime/known_key.hpp"

namespace hermes::runtime {
namespace {

std::string key_table() {
  std::string table = "| key | takes | default | meaning |\n|---|---|---|---|\n";
  for (const KnownKey& key : known_keys()) {
    const std::string fallback = key.required                ? "required"
                                 : key.default_value.empty() ? "none"
                                                             : "`" + key.default_value + "`";
    table += "| `" + key.name + "` | " + key.type + " | " + fallback + " | " + key.help + " |\n";
  }
  return table;
}

TEST(KeyReferenceTest, readme_documents_every_key_as_the_code_reads_it) {
  std::ifstream file(HERMES_SOURCE_DIR "/src/runtime/README.md");
  std::stringstream readme;
  readme << file.rdbuf();
  const std::string text = readme.str();
  const std::size_t begin = text.find("| key | takes |");
  ASSERT_NE(begin, std::string::npos) << "no table; it should be:\n" << key_table();
  EXPECT_EQ(text.substr(begin), key_table());
}

}  // namespace
}  // namespace hermes::runtime
