#include "hermes/data/prediction_file.hpp"

#include <algorithm>
#include <charconv>

#include "data/hdf5.hpp"
#include "hermes/core/assert.hpp"
#include "hermes/core/error.hpp"
#include "hermes/data/atomic_file.hpp"

namespace hermes::data {
namespace {

using hdf5::Handle;
using hdf5::Place;

enum class Format { Csv, Hdf5 };

Format format_of(const std::filesystem::path& file) {
  const std::string ending = file.extension().string();
  if (ending == ".csv") {
    return Format::Csv;
  }
  if (ending == ".h5" || ending == ".hdf5") {
    return Format::Hdf5;
  }
  throw DataError(file.string() + ": expected a name that ends in .csv, .h5 or .hdf5, found '" +
                  ending + "'");
}

std::vector<std::int32_t> classes(const Predictions& predictions) {
  std::vector<std::int32_t> best;
  for (std::size_t first = 0; first < predictions.values.size(); first += predictions.columns) {
    const std::span<const float> row = predictions.values.subspan(first, predictions.columns);
    best.push_back(static_cast<std::int32_t>(std::ranges::max_element(row) - row.begin()));
  }
  return best;
}

template <class Number>
void append_number(std::string& text, Number value) {
  char digits[32];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

/// A name may have a separator or a quote in it.
void append_quoted(std::string& text, const std::string& name) {
  text += '"';
  for (const char c : name) {
    text.append(c == '"' ? 2 : 1, c);
  }
  text += '"';
}

std::string csv_text(const Predictions& predictions) {
  std::string text = predictions.are_probabilities ? "row,class" : "row";
  for (std::size_t column = 0; column < predictions.columns; ++column) {
    text += ',';
    if (predictions.are_probabilities && column < predictions.class_names.size()) {
      append_quoted(text, predictions.class_names[column]);
    } else {
      text += (predictions.are_probabilities ? "class_" : "output_") + std::to_string(column);
    }
  }
  text += '\n';
  const std::vector<std::int32_t> best = classes(predictions);
  for (std::size_t row = 0; row < best.size(); ++row) {
    append_number(text, row);
    if (predictions.are_probabilities) {
      text += ',';
      append_number(text, best[row]);
    }
    for (const float value :
         predictions.values.subspan(row * predictions.columns, predictions.columns)) {
      text += ',';
      append_number(text, value);
    }
    text += '\n';
  }
  return text;
}

void write_hdf5(AtomicFile& output, const std::filesystem::path& path,
                const Predictions& predictions) {
  const hdf5::LibraryLock lock;
  const Place place{path.string(), ""};
  const Handle file = hdf5::create_image(place);
  const hsize_t rows = predictions.values.size() / predictions.columns;
  if (predictions.are_probabilities) {
    hdf5::write_array(file.id(), {rows}, H5T_STD_I32LE, H5T_NATIVE_INT32,
                      classes(predictions).data(), place.at("/class"));
  }
  hdf5::write_array(file.id(), {rows, predictions.columns}, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT,
                    predictions.values.data(),
                    place.at(predictions.are_probabilities ? "/probabilities" : "/outputs"));
  if (!predictions.class_names.empty()) {
    hdf5::write_strings(file.id(), "class_names", predictions.class_names, hdf5::Extent::List,
                        place);
  }
  output.write(hdf5::image_bytes(file, place));
}

}  // namespace

void check_prediction_file(const std::filesystem::path& file) {
  static_cast<void>(format_of(file));
}

void write_predictions(const std::filesystem::path& file, const Predictions& predictions) {
  HERMES_ASSERT(predictions.columns > 0 && predictions.values.size() % predictions.columns == 0,
                "predictions: values do not fill the rows");
  const Format format = format_of(file);
  AtomicFile output(file);
  if (format == Format::Csv) {
    const std::string text = csv_text(predictions);
    output.write(std::as_bytes(std::span(text)));
  } else {
    write_hdf5(output, file, predictions);
  }
  output.commit();
}

}  // namespace hermes::data
