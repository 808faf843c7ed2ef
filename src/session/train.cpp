#include "hermes/session/train.hpp"

#include <string>

#include "hermes/core/error.hpp"
#include "hermes/session/train_job.hpp"

namespace hermes::session {
namespace {

constexpr const char* kOrigin = "settings of the program";

/// A file's settings are checked when it is read; the program's get to the same checks as text.
runtime::RunConfig checked(const TrainOptions& options, const nn::NetworkSpec& model,
                           const data::Dataset& dataset) {
  runtime::RunConfig config = options.config;
  config.model_file = model.name.empty() ? "model" : model.name;
  config.data.file = std::filesystem::absolute(dataset.info().path);
  static_cast<void>(runtime::parse_run_config(runtime::to_toml(config), kOrigin));
  if (config.data.delivery != runtime::Delivery::File) {
    throw ConfigError(std::string(kOrigin) +
                      ": key 'data.delivery': expected 'file', as every rank has opened the data "
                      "set, found 'server'");
  }
  return config;
}

}  // namespace

int train(Session& session, nn::Network& network, const data::Dataset& dataset,
          const TrainOptions& options) {
  const TrainResult result =
      train(session, {.origin = kOrigin,
                      .config = [&] { return checked(options, network.spec(), dataset); },
                      .own = {network.spec(), options.strategy},
                      .out = options.out,
                      .resume = options.resume,
                      .quiet = options.quiet});
  if (result.outcome.best) {
    network.set_parameters(result.outcome.best->values());
  }
  return result.exit_code;
}

}  // namespace hermes::session
