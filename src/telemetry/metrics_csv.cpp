#include "hermes/telemetry/metrics_csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <variant>

#include "hermes/telemetry/describe.hpp"

namespace hermes::telemetry {
namespace {

/// One row under construction. All fields are numbers or fixed words, so none needs quotes.
class Row {
 public:
  explicit Row(std::string_view event) : text_(event) {}

  Row& word(std::string_view field) {
    text_ += ',';
    text_ += field;
    return *this;
  }

  template <class Number>
  Row& number(Number value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return word({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

  Row& real(double value) { return std::isnan(value) ? word("nan") : number(value); }

  template <class Number>
  Row& number_if(bool known, Number value) {
    return known ? number(value) : word("");
  }

  Row& empty(int fields) {
    text_.append(static_cast<std::size_t>(fields), ',');
    return *this;
  }

  std::string finish() {
    text_ += '\n';
    return std::move(text_);
  }

 private:
  std::string text_;
};

std::string evaluation_row(const protocol::Evaluation& evaluation, Instant now,
                           const ByteCounters& bytes) {
  return Row("evaluation")
      .number(now.time_since_epoch().count())
      .empty(2)
      .number(evaluation.version.value)
      .empty(8)
      .real(evaluation.loss)
      .real(evaluation.accuracy)
      .empty(2)
      .number(bytes.up)
      .number(bytes.down)
      .finish();
}

}  // namespace

MetricsCsv::MetricsCsv(const std::filesystem::path& file, bool goes_on) : file_(file, goes_on) {
  if (size() == 0) {
    write(std::string(kHeader) + '\n');
  }
}

void MetricsCsv::record(const protocol::Record& record, Instant now, const ByteCounters& bytes) {
  if (const auto* accepted = std::get_if<protocol::ReportAccepted>(&record)) {
    write(report_row(*accepted, now, bytes));
  } else if (const auto* evaluation = std::get_if<protocol::Evaluation>(&record)) {
    write(evaluation_row(*evaluation, now, bytes));
  } else if (const auto* merged = std::get_if<protocol::Merged>(&record)) {
    version_ = merged->version;
  } else if (const auto* released = std::get_if<protocol::Released>(&record)) {
    version_ = std::max(version_, released->version);  // a resumed run does not begin at zero
  }
}

std::string MetricsCsv::report_row(const protocol::ReportAccepted& accepted, Instant now,
                                   const ByteCounters& bytes) {
  const protocol::Report& report = accepted.report;
  const bool has_validation = report.validation_loss != 0.0 || report.validation_accuracy != 0.0;
  const bool has_gate = report.gate != protocol::GateReading{};
  Row row("report");
  row.number(now.time_since_epoch().count())
      .number(accepted.rank.value)
      .number(report.round.value)
      .number(report.base.value)
      .number_if(report.base <= version_, version_.value - report.base.value)
      .word(name_of(report.kind))
      .number(report.steps)
      .number(report.samples)
      .real(report.compute_seconds)
      .real(report.evaluation_seconds)
      .real(report.data_seconds)
      .real(report.train_loss);
  has_validation ? row.real(report.validation_loss).real(report.validation_accuracy) : row.empty(2);
  has_gate ? row.real(report.gate.z).real(report.gate.threshold) : row.empty(2);
  return row.number(bytes.up).number(bytes.down).finish();
}

void MetricsCsv::write(std::string_view row) {
  file_.add(row);
  file_.flush();
}

}  // namespace hermes::telemetry
