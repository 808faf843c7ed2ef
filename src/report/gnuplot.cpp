#include "report/gnuplot.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "hermes/core/error.hpp"

extern char** environ;

namespace hermes::report {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScript = "figures.gnuplot";
constexpr const char* kMessages = "messages";

/// Made empty, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "hermes-report-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw RuntimeError(name + ": cannot make a temporary directory: " + std::strerror(errno));
    }
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Where the child of `run_gnuplot` runs, and what it reads and writes.
class Redirections {
 public:
  explicit Redirections(const fs::path& directory)
      : directory_(directory.string()), messages_((directory / kMessages).string()) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, messages_.c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_addchdir_np(&actions_, directory_.c_str());
  }
  ~Redirections() { ::posix_spawn_file_actions_destroy(&actions_); }
  Redirections(const Redirections&) = delete;
  Redirections& operator=(const Redirections&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  std::string directory_;  // the actions may point to both
  std::string messages_;
  posix_spawn_file_actions_t actions_{};
};

void run_gnuplot(const fs::path& directory) {
  const Redirections redirections(directory);
  std::string program = "gnuplot";
  std::string defaults = "-d";  // nobody's own settings
  std::string script = kScript;
  char* arguments[] = {program.data(), defaults.data(), script.data(), nullptr};
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, program.c_str(), redirections.get(), nullptr, arguments, environ);
  if (error == ENOENT) {
    throw RuntimeError(
        "gnuplot: expected the program on the path, which draws the plots, found none "
        "(Debian: apt-get install gnuplot-nox)");
  }
  int status = 0;
  while (error == 0 && ::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      throw RuntimeError(std::string("gnuplot: cannot be waited for: ") + std::strerror(errno));
    }
  }
  if (error != 0) {
    throw RuntimeError(std::string("gnuplot: cannot be started: ") + std::strerror(error));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw RuntimeError("gnuplot: failed: " + content(directory / kMessages));
  }
}

}  // namespace

std::vector<std::string> draw(const std::vector<const Figure*>& figures) {
  std::vector<std::string> drawings;
  if (figures.empty()) {
    return drawings;
  }
  const TemporaryDirectory directory;
  std::ofstream script(directory.path() / kScript, std::ios::binary);
  for (const Figure* figure : figures) {
    script << gnuplot_script(*figure);
  }
  script.close();
  if (!script) {
    throw RuntimeError(directory.path().string() + ": cannot be written (is the disk full?)");
  }
  run_gnuplot(directory.path());
  for (const Figure* figure : figures) {
    drawings.push_back(content(directory.path() / (figure->id + ".svg")));
  }
  return drawings;
}

}  // namespace hermes::report
