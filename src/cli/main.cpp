// The `hermes` program: argv -> command -> exit code. The only place that catches errors.
#include <exception>
#include <iostream>
#include <string>

#include "commands.hpp"
#include "console.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/version.hpp"
#include "hermes/nn/blas.hpp"

namespace {

constexpr int kBadInput = 2;
constexpr int kFailure = 3;

std::string version_text() {
  const hermes::nn::BlasDescription blas = hermes::nn::blas_description();
  return "hermes " + std::string(hermes::kProgramVersion) + "\nOpenBLAS kernels: " + blas.core +
         " (" + blas.config + ")";
}

/// One line on one rank's output only.
int complain(const std::string& what, int code) {
  if (hermes::cli::is_spokesman()) {
    std::cerr << "hermes: " << what << std::endl;
  }
  return code;
}

int run(int argc, char** argv) {
  CLI::App app("Trains neural networks on many unequal machines.", "hermes");
  app.set_version_flag("--version", version_text);
  app.require_subcommand(1);
  hermes::cli::Action action;
  hermes::cli::add_train(app, {argc, argv}, action);
  hermes::cli::add_convert(app, action);
  hermes::cli::add_inspect(app, action);
  hermes::cli::add_evaluate(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return hermes::cli::is_spokesman() ? app.exit(wanted) : 0;
  } catch (const CLI::ParseError& error) {
    return complain(error.what() + std::string(" (see hermes --help)"), kBadInput);
  }
  try {
    return action();
  } catch (const hermes::ConfigError& error) {
    return complain(error.what(), kBadInput);
  } catch (const hermes::DataError& error) {
    return complain(error.what(), kBadInput);
  } catch (const std::exception& error) {
    return complain(error.what(), kFailure);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int code = run(argc, argv);
  hermes::cli::report_exit_code(code);
  return code;
}
