#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <optional>

#include "json/text.hpp"
#include "models/check.hpp"
#include "models/folders.hpp"
#include "models/manifest.hpp"
#include "options/cli.hpp"

namespace sotto::app {

namespace {

namespace fs = std::filesystem;
using boost::json::array;
using boost::json::object;
using models::Depth;
using models::Model;

struct ModelsOptions {
  std::vector<std::string> names;
  bool json = false;
};

// What is known of a model on this machine.
struct Condition {
  std::string state;  // ready, missing, removed, damaged
  fs::path folder;    // where it is; else where it would be, or empty without a home
  std::vector<Error> faults;
};

bool is_missing(const Condition& of) { return of.state == "missing" || of.state == "removed"; }

Condition condition(const Model& model, Depth depth) {
  const auto folders = models::folders();
  const auto own = models::own_folder();
  const auto found = models::find(model, folders);
  // Files that are there and wrong are told, before the folder that has none.
  Condition result{"ready", found.value_or(own.value_or(fs::path())), {}};
  if (found && depth == Depth::sizes) return result;
  if (found) {
    result.faults = models::faults(model, *found, depth);
    if (!result.faults.empty()) result.state = "damaged";
    return result;
  }
  result.faults = models::faults(model, result.folder, depth);
  std::size_t missing = 0;
  for (const Error& fault : result.faults) missing += fault.code == ErrorCode::not_found ? 1 : 0;
  if (missing < model.files.size())
    result.state = "damaged";
  else
    result.state = own && models::is_removed(model, *own) ? "removed" : "missing";
  return result;
}

// The models that were named, or all.
Result<std::vector<const Model*>> chosen(const std::vector<std::string>& names) {
  std::vector<const Model*> models;
  for (const std::string& name : names) {
    const Model* const model = models::manifest().find(name);
    if (!model) {
      std::string known;
      for (const Model& each : models::manifest().models)
        known += (known.empty() ? "" : ", ") + each.name;
      return fail(ErrorCode::not_found,
                  "there is no model '" + name + "'; there " +
                      (known.empty() ? "are none for this processor" : "are " + known),
                  "model");
    }
    models.push_back(model);
  }
  if (names.empty())
    for (const Model& model : models::manifest().models) models.push_back(&model);
  return models;
}

object to_json(const Model& model, const Condition& condition) {
  array faults;
  for (const Error& fault : condition.faults)
    faults.push_back(
        object{{"file", fault.field}, {"code", to_string(fault.code)}, {"message", fault.message}});
  return {{"name", model.name},         {"purpose", model.purpose},
          {"licence", model.licence},   {"package", model.package},
          {"version", model.version},   {"bytes", model.size()},
          {"state", condition.state},   {"folder", condition.folder.string()},
          {"faults", std::move(faults)}};
}

std::string megabytes(std::uint64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text.data();
}

int list(const ModelsOptions& options) {
  array all;
  if (!options.json)
    std::printf("%-18s %-8s %9s  %-8s %-42s %s\n", "MODEL", "STATE", "SIZE", "LICENCE", "FOR",
                "WHERE");
  for (const Model& model : models::manifest().models) {
    const Condition now = condition(model, Depth::sizes);
    if (options.json) {
      all.push_back(to_json(model, now));
      continue;
    }
    std::printf("%-18s %-8s %9s  %-8s %-42s %s\n", model.name.c_str(), now.state.c_str(),
                megabytes(model.size()).c_str(), model.licence.c_str(), model.purpose.c_str(),
                is_missing(now) ? "-" : now.folder.c_str());
    if (now.state == "damaged") std::printf("    %s\n", now.faults.front().message.c_str());
  }
  if (options.json) std::cout << json::to_text(object{{"models", std::move(all)}}) << '\n';
  return exit_success;
}

int verify(const ModelsOptions& options) {
  const auto models = chosen(options.names);
  if (!models) return report(models.error(), options.json, true);
  bool all_right = true;
  array told;
  for (const Model* model : *models) {
    const Condition now = condition(*model, Depth::hashes);
    const bool left_out = now.state == "removed" && options.names.empty();
    all_right = all_right && (now.state == "ready" || left_out);
    if (options.json) {
      told.push_back(to_json(*model, now));
    } else if (now.state == "ready" || left_out) {
      std::cout << model->name << ": " << (left_out ? "removed" : "as it should be") << '\n';
    } else {
      for (const Error& fault : now.faults) (void)report(fault, false);
    }
  }
  if (options.json) std::cout << json::to_text(object{{"models", std::move(told)}}) << '\n';
  return all_right ? exit_success : exit_failure;
}

int remove(const ModelsOptions& options) {
  const auto models = chosen(options.names);
  if (!models) return report(models.error(), options.json, true);
  const auto own = models::own_folder();
  if (!own) return report(own.error(), options.json);
  for (const Model* model : *models) {
    if (const auto removed = models::remove(*model, *own); !removed) {
      Error error = removed.error();
      if (const auto shared = models::find(*model, models::folders());
          shared && error.code == ErrorCode::not_found)
        error.message = model->name + " is in " + shared->string() +
                        ", which all users share; whoever put it there can remove it";
      return report(error, options.json);
    }
    if (!options.json)
      std::cout << model->name << " removed from " << own->string() << "; 'sotto models get "
                << model->name << "' fetches it again\n";
  }
  return options.json ? list(options) : exit_success;
}

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
Result<int> run_script(const fs::path& script, const std::vector<std::string>& names, bool json) {
  std::vector<std::string> arguments;
  if (fs::exists("/usr/bin/python3")) arguments.emplace_back("/usr/bin/python3");
  arguments.push_back(script.string());
  arguments.insert(arguments.end(), names.begin(), names.end());
  std::vector<char*> pointers;
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

int get(const ModelsOptions& options) {
  const auto models = chosen(options.names);
  if (!models) return report(models.error(), options.json, true);
  const auto script = set_up_script();
  if (!script)
    return report(
        {ErrorCode::not_found,
         "this program is not in a clone of Sotto's repository; run scripts/models there, which "
         "installs the models where this program finds them",
         ""},
        options.json);
  std::vector<std::string> names;
  for (const Model* model : *models) names.push_back(model->name);
  std::cout.flush();
  const auto code = run_script(*script, names, options.json);
  if (!code) return report(code.error(), options.json);
  if (*code != 0) return exit_failure;  // it said why
  return list(options);
}

}  // namespace

void add_models(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "models", "List, check, download and remove the neural recogniser's models");
  command->require_subcommand(1);
  struct Verb {
    const char* name;
    const char* about;
    int (*work)(const ModelsOptions&);
  };
  for (const Verb& verb :
       {Verb{"list", "Show each model with its licence, size and state", list},
        Verb{"verify", "Compare the SHA-256 of all files, or of the named models' files", verify},
        Verb{"get", "Download missing and damaged files, of all models or of those named", get},
        Verb{"remove", "Remove a model; the set-up then does not download it again", remove}}) {
    auto options = std::make_shared<ModelsOptions>();
    CLI::App* subcommand = command->add_subcommand(verb.name, verb.about);
    if (verb.work != list) {
      auto* const names =
          subcommand->add_option("model", options->names, "Names, as list shows them");
      if (verb.work == remove) names->required();
    }
    subcommand->add_flag("--json", options->json, "Print JSON");
    subcommand->callback(
        [options, &run, work = verb.work] { run = [options, work] { return work(*options); }; });
  }
}

}  // namespace sotto::app
