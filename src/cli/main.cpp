// The `hermes` program: argv -> command -> exit code.
#include <cstdint>
#include <string>
#include <vector>

#include "commands.hpp"
#include "hermes/core/version.hpp"
#include "hermes/nn/blas.hpp"
#include "hermes/session/blas_choice.hpp"
#include "hermes/session/console.hpp"
#include "hermes/session/session.hpp"

namespace {

constexpr int kBadInput = 2;

std::string version_text() {
  using namespace hermes;
  const std::uint32_t threads = session::blas_threads(session::own_cores(), {});
  return "hermes " + std::string(kProgramVersion) + "\n" + session::describe_kernels(threads) +
         "\n" + nn::blas_description().config;
}

/// CLI11 says of a mistyped command only that one is missing.
std::string usage_problem(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
  }
  std::string problem = error.what();
  // A group of options is a nameless command to CLI11.
  const auto has_name = [](const CLI::App* one) { return !one->get_name().empty(); };
  if (const auto known = command->get_subcommands(has_name); !known.empty()) {
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
  hermes::cli::add_report(app, action);
  hermes::cli::add_gate(app, action);
  hermes::cli::add_plan(app, action);
  hermes::cli::add_doctor(app, {argc, argv}, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {  // --help, --version
    return hermes::session::is_spokesman() ? app.exit(wanted) : 0;
  } catch (const CLI::ParseError& error) {
    return hermes::session::complain(usage_problem(app, error), kBadInput);
  }
  return hermes::session::guarded(action);
}

}  // namespace

int main(int argc, char** argv) {
  hermes::session::ignore_early_warning();  // Slurm or a user may send it as soon as the job is
                                            // there
  hermes::session::restart_with_better_blas(argv);
  hermes::session::catch_early_warning();
  const int code = run(argc, argv);
  hermes::session::report_exit_code(code);
  return code;
}
