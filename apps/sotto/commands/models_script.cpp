#include "commands/models_script.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "options/cli.hpp"

namespace sotto::app {

namespace {

namespace fs = std::filesystem;

// scripts/models of the repository in which this program was built.
std::optional<fs::path> set_up_script() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); folder.has_relative_path();
       folder = folder.parent_path())
    if (fs::exists(folder / "scripts/models", error) &&
        fs::exists(folder / "models/manifest.json", error))
      return folder / "scripts/models";
  return std::nullopt;
}

// Runs the script, which says what it does; with `json` on stderr, where nothing is in its way.
Result<int> run(const fs::path& script, const std::vector<std::string>& names, bool json) {
  std::vector<std::string> arguments;
  if (fs::exists("/usr/bin/python3")) arguments.emplace_back("/usr/bin/python3");
  arguments.push_back(script.string());
  arguments.insert(arguments.end(), names.begin(), names.end());
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (json) posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t child = 0;
  const int failed =
      ::posix_spawn(&child, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed)
    return fail(ErrorCode::unavailable, "cannot run " + arguments.front() + ": " +
                                            std::generic_category().message(failed) +
                                            "; apt-get install python3");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)  // it ends by itself: each of its waits has an end
    if (errno != EINTR) return fail(ErrorCode::internal, "cannot wait for " + arguments.front());
  return WIFEXITED(status) ? WEXITSTATUS(status) : exit_failure;
}

}  // namespace

Result<int> run_models_script(const std::vector<std::string>& names, bool json) {
  const auto script = set_up_script();
  if (!script)
    return fail(ErrorCode::not_found,
                "this program is not in a clone of Sotto's repository; run scripts/models there, "
                "which installs the models where this program finds them");
  return run(*script, names, json);
}

}  // namespace sotto::app
