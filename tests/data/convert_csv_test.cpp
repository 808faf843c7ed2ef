#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "data/support.hpp"
#include "hermes/data/convert.hpp"

namespace hermes::data {
namespace {

using test::data_error;
using testing::HasSubstr;

class ConvertCsvTest : public testing::Test {
 protected:
  ConvertCsvTest() { options_.output = directory_ / "out.h5"; }

  void write(const std::string& text) { test::write_bytes(source_.file, text); }
  std::string error_of(const std::string& text) {
    write(text);
    return data_error([&] { convert_csv(source_, options_); });
  }
  std::vector<float> rows(Split split) const {
    const Dataset dataset(options_.output);
    const DatasetInfo& info = dataset.info();
    std::vector<float> values(info.row_count(split) * info.features.size());
    dataset.read_features(split, {0, info.row_count(split)},
                          std::as_writable_bytes(std::span(values)));
    return values;
  }

  test::TemporaryDirectory directory_;
  CsvSource source_{directory_ / "table.csv", "label", 0.25, ','};
  ConvertOptions options_;
};

TEST_F(ConvertCsvTest, splits_rows_and_keeps_each_with_its_label) {
  std::string text = "a,label,b\n";
  for (int i = 0; i < 40; ++i) {
    text += std::to_string(i) + "," + std::to_string(i % 3) + ",-" + std::to_string(i) + ".5e0\n";
  }
  write(text);
  const DatasetInfo info = convert_csv(source_, options_);
  EXPECT_EQ(info.features, (FeatureShape{2, 1, 1, true}));
  EXPECT_EQ(info.element_type, ElementType::Float32);
  EXPECT_EQ(info.row_count(Split::Train), 30U);
  EXPECT_EQ(info.row_count(Split::Test), 10U);

  std::vector<float> seen;
  for (const Split split : {Split::Train, Split::Test}) {
    const std::vector<float> values = rows(split);
    std::vector<std::int32_t> labels(values.size() / 2);
    Dataset(options_.output).read_labels(split, {0, labels.size()}, labels, 3);
    for (std::size_t i = 0; i < labels.size(); ++i) {
      EXPECT_EQ(labels[i], static_cast<int>(values[2 * i]) % 3);
      EXPECT_FLOAT_EQ(values[2 * i + 1], -values[2 * i] - 0.5F);
      seen.push_back(values[2 * i]);
    }
    const bool sorted =
        std::is_sorted(seen.end() - static_cast<std::ptrdiff_t>(labels.size()), seen.end());
    EXPECT_EQ(sorted, split == Split::Test);  // test rows keep their order
  }
  EXPECT_THAT(seen, testing::UnorderedElementsAreArray(test::counting_floats(40)));

  double sum = 0.0;
  const std::vector<float> train = rows(Split::Train);
  for (std::size_t i = 0; i < train.size(); i += 2) {
    sum += static_cast<double>(train[i]);
  }
  EXPECT_NEAR(static_cast<double>(info.mean[0]), sum / 30, 1e-5);
}

TEST_F(ConvertCsvTest, reads_the_forms_that_programs_write) {
  source_.label = "1";
  struct Case {
    const char* what;
    std::string text;
    char separator;
  };
  for (const Case& c :
       std::vector<Case>{{"no header", "1.5,0\n2.5,1\n", ','},
                         {"no final newline", "1.5,0\n2.5,1", ','},
                         {"Windows line ends", "1.5,0\r\n2.5,1\r\n", ','},
                         {"blanks", " 1.5 , 0\n2.5,\t1 \n", ','},
                         {"byte order mark", "\xef\xbb\xbfx,y\n1.5,0\n2.5,1\n", ','},
                         {"quotes", "\"x\",\"y\"\n\"1.5\",0\n2.5,1\n", ','},
                         {"semicolons", "x;y\n1.5;0\n+2.5;1.0\n", ';'},
                         {"empty lines at the end", "1.5,0\n2.5,1\n\n  \n", ','}}) {
    write(c.text);
    source_.separator = c.separator;
    const DatasetInfo info = convert_csv(source_, options_);
    EXPECT_EQ(info.row_count(Split::Train) + info.row_count(Split::Test), 2U) << c.what;
    EXPECT_FLOAT_EQ(rows(Split::Train)[0] + rows(Split::Test)[0], 4.0F) << c.what;
  }
}

TEST_F(ConvertCsvTest, the_same_seed_makes_the_same_file) {
  std::string text = "a,label\n";
  for (int i = 0; i < 60; ++i) {
    text += std::to_string(i) + ",1\n";
  }
  write(text);
  convert_csv(source_, options_);
  const std::vector<float> first = rows(Split::Train);
  convert_csv(source_, options_);
  EXPECT_EQ(rows(Split::Train), first);
  options_.seed = 5;
  convert_csv(source_, options_);
  EXPECT_NE(rows(Split::Train), first);
}

TEST_F(ConvertCsvTest, target_columns_become_numbers_in_the_order_they_are_named) {
  std::string text = "far,a,near\n";
  for (int i = 0; i < 20; ++i) {
    text += std::to_string(i) + ".5," + std::to_string(i) + ",-" + std::to_string(i) + "e-1\n";
  }
  write(text);
  source_.label.clear();
  source_.targets = {"near", "0"};
  const DatasetInfo info = convert_csv(source_, options_);
  EXPECT_EQ(info.target_columns, 2U);
  EXPECT_EQ(info.features, (FeatureShape{1, 1, 1, true}));
  for (const Split split : {Split::Train, Split::Test}) {
    const std::vector<float> values = rows(split);
    std::vector<float> numbers(2 * values.size());
    Dataset(options_.output).read_targets(split, {0, values.size()}, numbers, 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_FLOAT_EQ(numbers[2 * i], -0.1F * values[i]);
      EXPECT_FLOAT_EQ(numbers[2 * i + 1], values[i] + 0.5F);
    }
  }
  options_.class_names = {"a"};
  EXPECT_THAT(error_of(text), HasSubstr("class names: expected none, as y holds numbers, found 1"));
  options_.class_names.clear();
  source_.targets = {"near", "2"};
  EXPECT_THAT(error_of(text), HasSubstr("target column: expected different ones, found '2' twice"));
  source_.targets = {"near", "far", "a"};
  EXPECT_THAT(error_of(text), HasSubstr("expected the targets and at least 1 feature, found 3"));
  source_.targets = {"nowhere"};
  EXPECT_THAT(error_of(text), HasSubstr("target column: expected a name in the header or"));
  source_.targets = {"far"};
  EXPECT_THAT(error_of("far,a\n1,2\ninf,3\n"),
              HasSubstr("line 3, column 0 (far): expected a finite float32 number, found 'inf'"));
}

TEST_F(ConvertCsvTest, names_line_and_column_of_what_it_refuses) {
  struct Case {
    const char* text;
    const char* expected;
  };
  for (const Case& c :
       {Case{"a,label\n1,0\n2\n", "table.csv: line 3: expected 2 fields, found 1"},
        Case{"a,label\n1,0\n2,1,3\n", "line 3: expected 2 fields, found 3"},
        Case{"a,label\n1,0\nx2,1\n", "line 3, column 0 (a): expected a number, found 'x2'"},
        Case{"a,label\n1,0\n,1\n", "line 3, column 0 (a): expected a number, found ''"},
        Case{"a,label\n1,0\n2 3,1\n", "expected a number, found '2 3'"},
        Case{"a,label\nnan,0\n2,1\n", "line 2, column 0 (a): expected a finite float32 number"},
        Case{"a,label\n1,0\n-inf,1\n", "line 3, column 0 (a): expected a finite"},
        Case{"a,label\n1,0\n1e39,1\n", "expected a finite float32 number, found '1e39'"},
        Case{"a,label\n1,0.5\n2,1\n", "line 2, column 1 (label): expected a label"},
        Case{"a,label\n1,-1\n2,1\n", "expected a label (an integer >= 0), found '-1'"},
        Case{"a,label\n1,nan\n2,1\n", "expected a label"},
        Case{"a,label\n1,0\n\n2,1\n", "line 3: expected 2 fields, found an empty line"},
        Case{"a,b\n1,0\n2,1\n",
             "label column: expected a name in the header or an index in [0, 2)"},
        Case{"1,0\n2,1\n", "label column: expected an index in [0, 2), found 'label'"},
        Case{"", "line 1: expected a header or numbers, found nothing"},
        Case{"label\n1\n", "expected a label and at least 1 feature"},
        Case{"a,label\n1,0\n", "expected at least 2 rows, found 1"}}) {
    EXPECT_THAT(error_of(c.text), HasSubstr(c.expected)) << c.text;
  }
  EXPECT_THAT(directory_.names(), testing::ElementsAre("table.csv"));
}

TEST_F(ConvertCsvTest, refuses_fractions_that_leave_nothing) {
  for (const double fraction : {0.0, 1.0, -0.5, std::nan("")}) {
    source_.test_fraction = fraction;
    EXPECT_THAT(error_of("a,label\n1,0\n2,1\n"), HasSubstr("expected a number in (0, 1)"));
  }
}

}  // namespace
}  // namespace hermes::data
