// The `hermes` program: argv -> command -> exit code. The only place that catches errors.
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "blas_choice.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "hermes/core/error.hpp"
#include "hermes/core/version.hpp"
#include "hermes/nn/blas.hpp"

namespace {

constexpr int kBadInput = 2;
constexpr int kFailure = 3;

std::string version_text() {
  using namespace hermes;
  const std::uint32_t threads = cli::blas_threads(cli::own_cores(), 1);
  return "hermes " + std::string(kProgramVersion) + "\n" + cli::describe_kernels(threads) + "\n" +
         nn::blas_description().config;
}

/// CLI11 says of a mistyped command only that one is missing.
std::string usage_problem(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
  }
  std::string problem = error.what();
  if (const auto known = command->get_subcommands({}); !known.empty()) {
    const std::vector<std::string> words = command->remaining();
    problem = command->get_name() + ": expected ";
    for (const CLI::App* one : known) {
      problem += (one == known.front()  ? ""
                  : one == known.back() ? " or "
                                        : ", ") +
                 one->get_name();
    }
    problem += ", found " + (words.empty() ? "nothing" : "'" + words.front() + "'");
  }
  return problem + " (see hermes --help)";
}

/// One line. What is wrong with the input is wrong on all ranks, so one of them says it; any other
/// failure is a rank's own.
int complain(const std::string& what, int code) {
  if (hermes::cli::is_spokesman()) {
    hermes::cli::say(what);
  } else if (code == kFailure) {
    const int rank = hermes::cli::launcher_rank().value_or(0);
    hermes::cli::say("rank " + std::to_string(rank) + ": " + what);
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
  hermes::cli::add_export(app, action);
  hermes::cli::add_predict(app, action);
  hermes::cli::add_gate(app, action);
  hermes::cli::add_plan(app, action);
  hermes::cli::add_doctor(app, {argc, argv}, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return hermes::cli::is_spokesman() ? app.exit(wanted) : 0;
  } catch (const CLI::ParseError& error) {
    return complain(usage_problem(app, error), kBadInput);
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
  hermes::cli::restart_with_better_blas(argv);
  const int code = run(argc, argv);
  hermes::cli::report_exit_code(code);
  return code;
}
