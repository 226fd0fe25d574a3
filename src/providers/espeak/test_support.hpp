#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstddef>
#include <string>

#include "ports/synthesiser.hpp"
#include "providers/espeak/settings.hpp"
#include "supervision/test_support.hpp"

namespace sotto::providers::espeak::test {

using supervision::test::eventually;
using supervision::test::group_runs;
using supervision::test::lines_of;
using supervision::test::TemporaryDirectory;

/// Settings for tests of espeak-ng itself: patient, for machines with other work to do.
inline Settings patient_settings() {
  Settings settings;
  settings.voices_deadline = settings.deadline = std::chrono::seconds{40};
  return settings;
}

/// A shell script in espeak-ng's place, with an English and a Spanish voice.
class FakeProgram {
 public:
  /// `body` is what it does instead of speaking. `$2` is the voice's file; `header` writes a WAV
  /// file's beginning, `echo_speech` all of it: a recording whose samples hold the text from stdin.
  explicit FakeProgram(const std::string& body = "echo_speech") {
    std::string repeated;
    for (std::size_t i = 0; i < samples_per_byte; ++i) repeated += "& ";
    const std::string script =
        "#!/bin/sh\n"
        "if [ \"$1\" = --voices ]; then\n"
        "  echo 'Pty Language Age/Gender VoiceName File Other Languages'\n"
        "  echo ' 2  en-gb  --/M  English  gmw/en  (en 2)'\n"
        "  echo ' 5  es  --/M  Spanish  roa/es'\n"
        "  exit\n"
        "fi\n"
        "header() {\n"
        "  printf 'RIFF\\044\\360\\377\\177WAVEfmt \\020\\000\\000\\000\\001\\000\\001\\000'\n"
        "  printf '\\042V\\000\\000D\\254\\000\\000\\002\\000\\020\\000data\\000\\360\\377\\177'\n"
        "}\n"
        "echo_speech() { header; LC_ALL=C sed 's/./" +
        repeated + "/g'; }\n" + body + "\n";
    program_ = directory_.write("espeak-ng", script);
    ::chmod(program_.c_str(), 0700);
  }

  /// The body of one that does `first` the first time it is to speak, and works from then on.
  static std::string first_time(const TemporaryDirectory& place, const std::string& first) {
    return "if mkdir " + (place.path() / "started").string() + " 2>/dev/null; then " + first +
           "; else echo_speech; fi";
  }

  Settings settings() const {
    Settings settings = patient_settings();
    settings.program = program_;
    settings.first_back_off = milliseconds{5};
    settings.scratch = std::filesystem::temp_directory_path();
    return settings;
  }

  /// The text that echo_speech was given.
  static std::string text_of(const ports::SpokenAudio& audio) {
    std::string text;
    for (std::size_t at = 0; at < audio.samples.size(); at += samples_per_byte) {
      text.push_back(static_cast<char>(audio.samples[at] & 0xff));
    }
    return text;
  }

 private:
  static constexpr std::size_t samples_per_byte = 100;

  TemporaryDirectory directory_;
  std::string program_;
};

}  // namespace sotto::providers::espeak::test
