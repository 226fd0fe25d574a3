#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/session_time.hpp"

namespace sotto::providers::espeak {

/// How the espeak-ng synthesiser runs. Durations are positive.
struct Settings {
  /// The program; found in PATH, or a path.
  std::string program = "espeak-ng";
  /// How fast it speaks, 80 to 450; espeak-ng's own default.
  int words_per_minute = 175;
  /// How long the list of voices, which is read once, may take.
  milliseconds voices_deadline{10'000};
  /// How long a text may take once it is its turn, a second try included; waiting in the queue does
  /// not count.
  milliseconds deadline{5'000};
  /// Requests that may wait for each language, at least 1.
  std::size_t max_queued = 64;
  /// A text that takes longer to say than this, 600 s at most, is refused. A minute is 2.6 MB.
  milliseconds longest_speech{60'000};
  /// The wait before the program is started again after a failure: this, then doubled each time ...
  milliseconds first_back_off{100};
  /// ... up to this.
  milliseconds largest_back_off{10'000};
  /// After so many failures in a row, at least 1, requests are answered `unavailable` at once ...
  int failures_to_open = 5;
  /// ... for this long; then one request probes.
  milliseconds open_for{10'000};
  /// The process that waits for a language's next text is ended when none has come for so long,
  /// which frees 5 MB; the next text then takes 15 ms longer.
  milliseconds idle_stop{60'000};
  /// A folder that its processes may write in and read; empty: none, which is all that espeak-ng
  /// needs.
  std::filesystem::path scratch = {};
};

}  // namespace sotto::providers::espeak
