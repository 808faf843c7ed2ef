#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "commands.hpp"
#include "hermes/data/dataset.hpp"
#include "hermes/data/row_plan.hpp"
#include "hermes/data/shard.hpp"
#include "hermes/nn/network.hpp"
#include "hermes/runtime/evaluator.hpp"
#include "hermes/runtime/model_store.hpp"
#include "hermes/runtime/run_inputs.hpp"
#include "split_rows.hpp"

namespace hermes::cli {
namespace {

struct EvaluateOptions {
  std::string model;
  std::string data;
  std::string split = "test";
  bool json = false;
};

/// Loss and accuracy over all rows, a piece at a time: a split may be larger than memory.
runtime::EvaluationResult evaluate(const runtime::StoredModel& model, const data::Dataset& dataset,
                                   const data::RowSelection& rows) {
  constexpr std::uint64_t kPiece = 8192;
  nn::Network network(model.spec, runtime::Evaluator::kBatch);
  network.set_parameters(model.parameters);
  runtime::check_targets(model.spec, network.output_size(), model.loss, dataset.info());
  runtime::TrainSettings train;
  train.loss = model.loss;
  data::Shard piece(dataset, static_cast<std::uint32_t>(network.output_size()));
  runtime::EvaluationResult total;
  const std::uint64_t count = rows.row_count();
  for (std::uint64_t first = 0; first < count; first += kPiece) {
    const std::uint64_t size = std::min(kPiece, count - first);
    piece.load({rows.split, {{first, size}}});
    const runtime::EvaluationResult part =
        runtime::Evaluator(network, train.loss_spec(), piece).run();
    const double weight = static_cast<double>(size) / static_cast<double>(count);
    total.loss += weight * part.loss;
    total.accuracy += weight * part.accuracy;
  }
  return total;
}

int evaluate(const EvaluateOptions& options) {
  const runtime::StoredModel model = runtime::load_model(options.model);
  const data::Dataset dataset(options.data);
  runtime::check_shapes(model.spec, dataset.info());
  const data::RowSelection rows = rows_of(dataset, options.split);
  const runtime::EvaluationResult result = evaluate(model, dataset, rows);
  if (options.json) {
    std::cout << nlohmann::json{{"split", options.split},
                                {"rows", rows.row_count()},
                                {"loss", result.loss},
                                {"accuracy", result.accuracy}}
                     .dump()
              << '\n';
  } else {
    std::cout << std::fixed << std::setprecision(4) << options.split << ": " << rows.row_count()
              << " rows, loss " << result.loss;
    if (dataset.info().has_labels()) {
      std::cout << ", accuracy " << result.accuracy;
    }
    std::cout << '\n';
  }
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, Action& action) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App* command = app.add_subcommand("evaluate", "Loss and accuracy of a model on a data set");
  command->add_option("--model", options->model, "Model file or run directory")->required();
  command->add_option("--data", options->data, "HDF5 data set")->required();
  command->add_option("--split", options->split, "Which rows")
      ->check(CLI::IsMember({"train", "validation", "test"}))
      ->capture_default_str();
  command->add_flag("--json", options->json, "One line of JSON");
  command->callback([options, &action] { action = [options] { return evaluate(*options); }; });
}

}  // namespace hermes::cli
