#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "hermes/session/train_job.hpp"

namespace hermes::cli {
namespace {

struct TrainOptions {
  std::string config;
  std::vector<std::string> overrides;
  std::string out;
  std::string init;
  bool resume = false;
  bool quiet = false;
  bool tensorboard = false;
};

runtime::RunConfig load_config(const TrainOptions& options) {
  runtime::RunConfig config = runtime::load_run_config(options.config, options.overrides);
  if (!options.init.empty()) {
    config.initial_weights = std::filesystem::absolute(options.init).lexically_normal().string();
  }
  config.telemetry.tensorboard |= options.tensorboard;
  return config;
}

int train(const TrainOptions& options, Arguments arguments) {
  session::Session session(arguments.argc, arguments.argv);
  session::TrainJob job{.origin = options.config, .config = [&] { return load_config(options); }};
  if (!options.out.empty()) {
    job.out = options.out;
  }
  job.resume = options.resume;
  job.quiet = options.quiet;
  return session.finish(session::train(session, job).exit_code);
}

}  // namespace

void add_train(CLI::App& app, const Arguments& arguments, Action& action) {
  auto options = std::make_shared<TrainOptions>();
  CLI::App* command = app.add_subcommand(
      "train", "Train as a run configuration says; under mpirun or srun on all ranks, else alone");
  command->add_option("config", options->config, "Run configuration (TOML)")->required();
  command->add_option("--set", options->overrides, "Override a key: --set key=value")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--out", options->out, "Run directory (default: runs/NAME)");
  command->add_option("--init", options->init,
                      "Safetensors or HDF5 file of the first weights (key model.init)");
  command->add_flag("--resume", options->resume,
                    "Go on from the newest checkpoint of the run directory, if there is one");
  command->add_flag("--tensorboard", options->tensorboard,
                    "Write scalars for TensorBoard into the run directory (telemetry.tensorboard)");
  command->add_flag("--quiet", options->quiet, "No progress on the screen");
  command->callback([options, arguments, &action] {
    action = [options, arguments] { return train(*options, arguments); };
  });
}

}  // namespace hermes::cli
