#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "providers/sherpa/settings.hpp"
#include "supervision/test_support.hpp"

namespace sotto::providers::sherpa::test {

using supervision::test::eventually;
using supervision::test::group_runs;
using supervision::test::lines_of;
using supervision::test::TemporaryDirectory;

/// A Piper voice's description.
inline std::string description(const std::string& code = "en_US", const std::string& more = "") {
  return R"({"audio":{"sample_rate":22050},"espeak":{"voice":"en-us"},"language":{"code":")" +
         code +
         R"("},"num_speakers":1,"dataset":"test","phoneme_id_map":{"_":[0],"a":[1]," ":[2]})" +
         more + "}";
}

/// Puts a voice that fake_sherpa_onnx takes for one into `folder`.
inline std::filesystem::path write_voice(const TemporaryDirectory& folder, const std::string& name,
                                         const std::string& code = "en_US",
                                         const std::string& model = "a model") {
  std::filesystem::create_directories((folder.path() / name).parent_path());
  folder.write(name + ".onnx.json", description(code));
  return folder.write(name + ".onnx", model);
}

/// A shell script in the place of a voice's process, and a folder with an English voice.
class FakeProcess {
 public:
  /// `body` is what it does; `ready`, `speech BYTES` and `failed` write frames, `request` reads one
  /// of less than 256 bytes.
  explicit FakeProcess(const std::string& body = "ready; while request; do speech 8820; done") {
    write_voice(folder_, "voices/en_US-test");
    folder_.write("library.so", "nothing");
    program_ = folder_.write(
        "process",
        "#!/bin/bash\n"
        "number() { printf \"\\\\x$(printf %02x $(($1 & 255)))\\\\x$(printf %02x $(($1 >> 8 & "
        "255)))"
        "\\\\x$(printf %02x $(($1 >> 16 & 255)))\\\\x$(printf %02x $(($1 >> 24)))\"; }\n"
        "ready() { printf 'SvR\\0\\4\\0\\0\\0\\x22\\x56\\0\\0'; }\n"
        "speech() { printf 'SvS\\0'; number $1; head -c $1 /dev/zero | tr '\\0' '\\20'; }\n"
        "failed() { printf 'SvF\\0\\2\\0\\0\\0no'; }\n"
        "request() { LC_ALL=C; IFS= read -r -d '' -N 3 head || return 1; IFS= read -r line; }\n" +
            body + "\n");
    ::chmod(program_.c_str(), 0700);
  }

  const TemporaryDirectory& folder() const { return folder_; }

  Settings settings() const {
    Settings settings;
    settings.voices = folder_.path() / "voices";
    settings.library = folder_.path() / "library.so";
    settings.program = program_;
    settings.start_deadline = settings.deadline = std::chrono::seconds{40};
    settings.first_back_off = std::chrono::milliseconds{5};
    settings.scratch = std::filesystem::temp_directory_path();
    return settings;
  }

 private:
  TemporaryDirectory folder_;
  std::string program_;
};

/// The real worker program with the library in sherpa-onnx's place, and a voice for it.
inline Settings worker_settings(const TemporaryDirectory& folder) {
  Settings settings;
  settings.voices = folder.path();
  settings.library = FAKE_SHERPA_ONNX;
  settings.program = SHERPA_WORKER;
  settings.start_deadline = settings.deadline = std::chrono::seconds{40};
  return settings;
}

}  // namespace sotto::providers::sherpa::test
