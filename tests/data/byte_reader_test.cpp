#include "data/byte_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "data/support.hpp"

namespace hermes::data {
namespace {

using testing::HasSubstr;

TEST(ByteReaderTest, reads_text_up_to_a_limit_however_small_its_gzip_form_is) {
  const test::TemporaryDirectory directory;
  const std::string text(1'000'000, 'x');
  test::write_bytes(directory / "plain", text);
  test::write_gzip(directory / "packed", text);
  for (const char* name : {"plain", "packed"}) {
    EXPECT_EQ(ByteReader(directory / name).read_text(text.size()), text);
    const std::string error =
        test::data_error([&] { ByteReader(directory / name).read_text(text.size() - 1); });
    EXPECT_THAT(error, HasSubstr("expected at most 999999 bytes"));
    EXPECT_EQ(error.find("when unpacked") != std::string::npos, name == std::string("packed"));
  }
}

}  // namespace
}  // namespace hermes::data
