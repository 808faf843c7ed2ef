#include <iostream>
#include <memory>
#include <string>

#include "commands.hpp"
#include "hermes/data/prediction_file.hpp"
#include "hermes/runtime/prediction.hpp"
#include "split_rows.hpp"

namespace hermes::cli {
namespace {

struct PredictOptions {
  std::string model;
  std::string data;
  std::string split = "test";
  std::string out;
};

int predict(const PredictOptions& options) {
  data::check_prediction_file(options.out);
  const runtime::StoredModel model = runtime::load_model(options.model);
  const data::Dataset dataset(options.data);
  const data::RowSelection rows = rows_of(dataset, options.split);
  const AlignedVector<float> values = runtime::predict(model, dataset, rows);
  const bool are_probabilities = model.loss == runtime::LossKind::CrossEntropy;
  const data::Predictions predictions{values.size() / rows.row_count(), values, are_probabilities,
                                      dataset.info().class_names};
  data::write_predictions(options.out, predictions);
  std::cout << options.out << ": " << rows.row_count() << " rows of " << predictions.columns
            << (are_probabilities ? " probabilities\n" : " outputs\n");
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Action& action) {
  auto options = std::make_shared<PredictOptions>();
  CLI::App* command = app.add_subcommand("predict", "What a model says of each row of a data set");
  command->add_option("--model", options->model, "Model file, checkpoint or run directory")
      ->required();
  command->add_option("--data", options->data, "HDF5 data set")->required();
  command->add_option("--split", options->split, "Which rows")
      ->check(CLI::IsMember({"train", "validation", "test"}))
      ->capture_default_str();
  command->add_option("--out", options->out, "File to write: .h5 or .csv")->required();
  command->callback([options, &action] { action = [options] { return predict(*options); }; });
}

}  // namespace hermes::cli
