#pragma once

#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "providers/bergamot/settings.hpp"
#include "supervision/child_process.hpp"
#include "supervision/test_support.hpp"
#include "supervision/waiting.hpp"

namespace sotto::providers::bergamot::test {

using supervision::test::eventually;
using supervision::test::group_runs;
using supervision::test::TemporaryDirectory;

/// Settings for tests of the engine itself: patient, for machines with other work to do.
inline Settings patient_settings() {
  Settings settings;
  settings.deadline = std::chrono::seconds{40};
  settings.answer_within = std::chrono::seconds{100};
  settings.load_deadline = std::chrono::seconds{60};
  return settings;
}

/// Files that make a folder look like an installed model.
inline void pretend_model(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (const char* const file : {"model.x.bin.gz", "lex.x.bin.gz", "vocab.x.spm.gz"})
    std::ofstream(folder / file) << "";
}

/// An installed "model" from English to Spanish and a stand-in for the worker, a shell script.
/// `echo '{"ready":true}'; exec cat` is an ordinary one: its translations are the texts.
class FakeEngine {
 public:
  static constexpr const char* ready = "echo '{\"ready\":true}'\n";

  explicit FakeEngine(const std::string& script) {
    pretend_model(directory_.path() / "bergamot/enes-tiny");
    directory_.write("worker.sh", script + "\n");
    ::chmod(directory_.write("node", "#!/bin/sh\nshift\nexec /bin/sh \"$@\"\n").c_str(), 0700);
  }

  /// An ordinary one.
  static std::string echo() { return std::string(ready) + "exec cat"; }

  /// One that does `first` the first time it is started, when it is ready, and works from then on.
  static std::string first_time(const TemporaryDirectory& place, const std::string& first) {
    return std::string(ready) + "if mkdir " + (place.path() / "started").string() +
           " 2>/dev/null; then " + first + "; else exec cat; fi";
  }

  Settings settings() const {
    Settings settings = patient_settings();
    settings.node = (directory_.path() / "node").string();
    settings.worker = directory_.path() / "worker.sh";
    settings.model_folders = {directory_.path()};
    settings.first_back_off = milliseconds{5};
    settings.scratch = std::filesystem::temp_directory_path();
    return settings;
  }

  const TemporaryDirectory& directory() const { return directory_; }

 private:
  TemporaryDirectory directory_;
};

/// Runs a program to its end; whether that was a success.
inline bool succeeds(const std::vector<std::string>& command) {
  const std::string path = supervision::search_path();
  const auto program = supervision::find_program(command.front(), path);
  if (!program) return false;
  std::vector<std::string> arguments = command;
  arguments.front() = *program;
  const auto child =
      supervision::ChildProcess::start({arguments, {"PATH=" + path}, SIGKILL, std::nullopt});
  if (!child) return false;
  const auto code = supervision::wait_for_end(
      *child, {std::chrono::steady_clock::now() + std::chrono::seconds{60}, -1, "a program"});
  return code && *code == 0;
}

/// The engine with its worker, where Node.js and the package are installed.
inline std::optional<Settings> installed_engine() {
  const auto worker = find_worker();
  if (!worker || !supervision::find_program("node", supervision::search_path()) ||
      !std::filesystem::exists(worker->parent_path() / "node_modules/@browsermt"))
    return std::nullopt;
  Settings settings = patient_settings();
  settings.worker = *worker;
  return settings;
}

/// A folder with tiny models that know a few words: English to Spanish, Spanish to English, and
/// English to Catalan; see tests/support/tiny_translation_model.mjs. Needs Node.js.
class TinyModels {
 public:
  TinyModels() {
    make("enes", {"The=La", "house=casa", "is=es", "red=roja"});
    make("esen", {"La=The", "casa=house", "es=is", "roja=red"});
    make("enca", {"The=La", "house=casa", "is=\u00e9s", "red=vermella"});
  }

  const std::filesystem::path& folder() const { return directory_.path(); }
  bool made() const { return made_; }

 private:
  void make(const std::string& pair, const std::vector<std::string>& words) {
    const auto script = find_worker().value().parent_path().parent_path().parent_path() /
                        "tests/support/tiny_translation_model.mjs";
    std::vector<std::string> command{"node", script.string(),
                                     (folder() / "bergamot" / (pair + "-tiny")).string(), pair};
    command.insert(command.end(), words.begin(), words.end());
    made_ = made_ && succeeds(command);
  }

  TemporaryDirectory directory_;
  bool made_ = true;
};

}  // namespace sotto::providers::bergamot::test
