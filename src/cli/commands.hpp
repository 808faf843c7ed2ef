#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace hermes::cli {

/// The command line as main got it: MPI wants it, too.
struct Arguments {
  int argc = 0;
  char** argv = nullptr;
};

/// What a chosen command does; returns the exit code, throws hermes::Error.
using Action = std::function<int()>;

/// Each adds one subcommand and sets `action` when it is chosen.
void add_train(CLI::App& app, const Arguments& arguments, Action& action);
void add_convert(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_plan(CLI::App& app, Action& action);
void add_evaluate(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_predict(CLI::App& app, Action& action);
void add_gate(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, const Arguments& arguments, Action& action);

}  // namespace hermes::cli
