#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <string_view>

#include "data/byte_reader.hpp"
#include "data/dataset_writer.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/random.hpp"
#include "hermes/data/csv.hpp"
#include "hermes/data/memory_budget.hpp"

namespace hermes::data {
namespace {

/// Bytes of text that this machine can hold beside the numbers in it.
std::uint64_t text_bytes_max() {
  const std::uint64_t budget = find_memory_budget({}).bytes();
  return budget == 0 ? std::numeric_limits<std::uint64_t>::max() : budget / 2;
}

/// Reads the table line by line; keeps the features of all rows and the labels or target numbers.
class CsvTable {
 public:
  explicit CsvTable(const CsvSource& source)
      : source_(source), text_(ByteReader(source.file).read_text(text_bytes_max())) {
    read_first_line();
    std::string_view line;
    while (next_line(line)) {
      if (trimmed(line).empty()) {
        expect_only_empty_lines();
        break;
      }
      split_line(line, source_.separator, fields_);
      add_row();
    }
  }

  std::size_t row_count() const { return row_count_; }
  std::size_t feature_count() const { return column_count_ - y_columns_.size(); }
  const std::vector<float>& features() const { return features_; }
  const std::vector<std::int32_t>& labels() const { return labels_; }
  /// Rows x targets, in the order in which the source names them.
  const std::vector<float>& values() const { return values_; }

 private:
  [[noreturn]] void fail(const std::string& problem) const {
    throw DataError(source_.file.string() + ": " + problem);
  }
  [[noreturn]] void fail_at(std::size_t column, const std::string& expected) const {
    const std::string name = header_.empty() ? "" : " (" + std::string(header_[column]) + ")";
    fail("line " + std::to_string(line_number_) + ", column " + std::to_string(column) + name +
         ": expected " + expected + ", found '" + std::string(fields_[column].substr(0, 40)) + "'");
  }

  bool next_line(std::string_view& line) {
    if (position_ >= text_.size()) {
      return false;
    }
    const std::size_t end = std::min(text_.find('\n', position_), text_.size());
    line = std::string_view(text_).substr(position_, end - position_);
    position_ = end + 1;
    ++line_number_;
    return true;
  }

  void read_first_line() {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (text_.starts_with(kByteOrderMark)) {
      position_ = kByteOrderMark.size();
    }
    std::string_view line;
    if (!next_line(line) || trimmed(line).empty()) {
      fail("line 1: expected a header or numbers, found nothing");
    }
    split_line(line, source_.separator, fields_);
    column_count_ = fields_.size();
    const bool header = std::ranges::any_of(fields_, [](std::string_view field) {
      double ignored = 0.0;
      return !parse_number(field, ignored);
    });
    if (header) {
      header_ = fields_;
    }
    find_y_columns();
    if (column_count_ <= y_columns_.size()) {
      fail("line 1: expected " + std::string(has_labels() ? "a label" : "the targets") +
           " and at least 1 feature, found " + std::to_string(column_count_) +
           (column_count_ == 1 ? " column" : " columns"));
    }
    if (!header) {
      add_row();
    }
  }

  bool has_labels() const { return source_.targets.empty(); }

  void find_y_columns() {
    if (has_labels()) {
      y_columns_.push_back(find_column("label", source_.label));
    }
    for (const std::string& target : source_.targets) {
      const std::size_t column = find_column("target", target);
      if (std::ranges::find(y_columns_, column) != y_columns_.end()) {
        fail("target column: expected different ones, found '" + target + "' twice");
      }
      y_columns_.push_back(column);
    }
  }

  std::size_t find_column(const std::string& what, const std::string& name) const {
    const auto named = std::ranges::find(header_, name);
    if (named != header_.end()) {
      return static_cast<std::size_t>(named - header_.begin());
    }
    std::size_t index = 0;
    const char* end = name.data() + name.size();
    const auto result = std::from_chars(name.data(), end, index);
    if (name.empty() || result.ptr != end || result.ec != std::errc() || index >= column_count_) {
      fail(what + " column: expected " +
           std::string(header_.empty() ? "" : "a name in the header or ") + "an index in [0, " +
           std::to_string(column_count_) + "), found '" + name + "'");
    }
    return index;
  }

  void add_row() {
    if (fields_.size() != column_count_) {
      fail("line " + std::to_string(line_number_) + ": expected " + std::to_string(column_count_) +
           " fields, found " + std::to_string(fields_.size()));
    }
    for (std::size_t column = 0; column < column_count_; ++column) {
      if (std::ranges::find(y_columns_, column) == y_columns_.end()) {
        features_.push_back(finite_at(column));
      }
    }
    if (has_labels()) {
      add_label(y_columns_.front());
    } else {
      for (const std::size_t column : y_columns_) {
        values_.push_back(finite_at(column));
      }
    }
    ++row_count_;
  }

  double number_at(std::size_t column) const {
    double value = 0.0;
    if (!parse_number(fields_[column], value)) {
      fail_at(column, "a number");
    }
    return value;
  }

  float finite_at(std::size_t column) const {
    const auto value = static_cast<float>(number_at(column));
    if (!std::isfinite(value)) {
      fail_at(column, "a finite float32 number");
    }
    return value;
  }

  void add_label(std::size_t column) {
    const double value = number_at(column);
    if (!(value >= 0.0 && value < std::numeric_limits<std::int32_t>::max()) ||
        value != std::floor(value)) {
      fail_at(column, "a label (an integer >= 0)");
    }
    labels_.push_back(static_cast<std::int32_t>(value));
  }

  void expect_only_empty_lines() {
    const std::uint64_t empty = line_number_;
    std::string_view line;
    while (next_line(line)) {
      if (!trimmed(line).empty()) {
        fail("line " + std::to_string(empty) + ": expected " + std::to_string(column_count_) +
             " fields, found an empty line");
      }
    }
  }

  const CsvSource& source_;
  const std::string text_;
  std::size_t position_ = 0;
  std::uint64_t line_number_ = 0;
  std::vector<std::string_view> header_;
  std::vector<std::string_view> fields_;
  std::size_t column_count_ = 0;
  std::vector<std::size_t> y_columns_;  // the label's, or those of the targets
  std::size_t row_count_ = 0;
  std::vector<float> features_;
  std::vector<std::int32_t> labels_;
  std::vector<float> values_;
};

/// True for the rows that test: a seeded choice of the fraction, at least one row on each side.
std::vector<bool> choose_test_rows(std::size_t rows, double fraction, std::uint64_t seed) {
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), 0U);
  RandomStream(seed, RandomPurpose::Conversion, 1).shuffle(std::span<std::size_t>(order));
  const auto wanted = static_cast<std::size_t>(std::lround(fraction * static_cast<double>(rows)));
  std::vector<bool> chosen(rows, false);
  for (std::size_t i = 0; i < std::clamp<std::size_t>(wanted, 1, rows - 1); ++i) {
    chosen[order[i]] = true;
  }
  return chosen;
}

}  // namespace

DatasetInfo convert_csv(const CsvSource& source, const ConvertOptions& options) {
  if (!(source.test_fraction > 0.0 && source.test_fraction < 1.0)) {
    throw DataError(source.file.string() + ": test fraction: expected a number in (0, 1), found " +
                    std::to_string(source.test_fraction));
  }
  const CsvTable table(source);
  const std::size_t rows = table.row_count();
  if (rows < 2) {
    throw DataError(source.file.string() + ": expected at least 2 rows, found " +
                    std::to_string(rows));
  }
  DatasetContent content;
  content.shape = {table.feature_count(), 1, 1, true};
  content.element_type = ElementType::Float32;
  content.target_columns = source.targets.size();
  const std::vector<bool> tests = choose_test_rows(rows, source.test_fraction, options.seed);
  const auto values = std::as_bytes(std::span(table.features()));
  for (std::size_t row = 0; row < rows; ++row) {
    Rows& target = tests[row] ? content.test : content.train;
    const auto bytes = values.subspan(row * content.row_bytes(), content.row_bytes());
    target.features.insert(target.features.end(), bytes.begin(), bytes.end());
    if (content.target_columns == 0) {
      target.labels.push_back(table.labels()[row]);
      continue;
    }
    const auto numbers =
        std::span(table.values()).subspan(row * content.target_columns, content.target_columns);
    target.values.insert(target.values.end(), numbers.begin(), numbers.end());
  }
  return write_dataset(content, options);
}

}  // namespace hermes::data
