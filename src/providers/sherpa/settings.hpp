#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "base/session_time.hpp"
#include "ports/synthesiser.hpp"

namespace sotto::providers::sherpa {

/// How the neural voices are run. Durations are positive.
struct Settings {
  /// The voices: see find_voices().
  std::filesystem::path voices;
  /// libsherpa-onnx-c-api.so.
  std::filesystem::path library;
  /// The program that is a voice's process when called as `PROGRAM voice-worker LIBRARY MODEL`.
  std::filesystem::path program = "/proc/self/exe";
  /// espeak-ng, which tells how words are pronounced; found in PATH, or a path.
  std::string espeak = "espeak-ng";
  /// Speaks languages without a voice here, and instead of a voice that is late or fails. May be
  /// null.
  std::shared_ptr<ports::Synthesiser> otherwise;

  /// How long a voice's process may take until it is ready: 1 s, on a busy machine 10 s.
  milliseconds start_deadline{30'000};
  /// How long a text may take once it is its turn, starting the process included.
  milliseconds deadline{4'000};
  /// A text that has waited for its turn for so long is spoken by `otherwise`, which is quicker.
  milliseconds longest_wait{2'000};
  /// Requests that may wait for each language, at least 1.
  std::size_t max_queued = 64;
  /// A text that takes longer to say than about this, 60 s at most, is refused.
  milliseconds longest_speech{40'000};
  /// Speech that took longer to make than this part of its own duration is late: a failure.
  double largest_real_time_factor = 1.0;
  /// The wait before the process is started again after a failure: this, then doubled each time ...
  milliseconds first_back_off{500};
  /// ... up to this.
  milliseconds largest_back_off{30'000};
  /// After so many failures in a row, at least 1, `otherwise` speaks ...
  int failures_to_open = 3;
  /// ... for this long; then the voice is tried with one text.
  milliseconds open_for{30'000};
  /// A process that nothing was asked of for so long is ended, which frees some 150 MB.
  milliseconds idle_stop{600'000};
  /// A folder that its processes may write in and read; empty: none, which is all that they need.
  std::filesystem::path scratch = {};
};

}  // namespace sotto::providers::sherpa
