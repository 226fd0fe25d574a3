#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/session_time.hpp"

namespace sotto::providers::apertium {

/// How the Apertium translator runs. Durations are positive.
struct Settings {
  /// Where the language pairs' mode files are; Debian's place.
  std::filesystem::path modes_directory = "/usr/share/apertium/modes";
  /// Prints a mode's pipeline; found in PATH, or a path.
  std::string mode_program = "apertium-wblank-mode";
  /// How long one attempt at a text may take, starting a pipeline (0.5 s) included. A request
  /// gets two attempts; waiting in the queue does not count.
  milliseconds deadline{5'000};
  /// Requests that may wait for each pair, at least 1.
  std::size_t max_queued = 64;
  /// The wait before a failed pipeline is started again: this, then doubled each time ...
  milliseconds first_back_off{100};
  /// ... up to this.
  milliseconds largest_back_off{10'000};
  /// After so many failures in a row, at least 1, requests are answered `unavailable` at once ...
  int failures_to_open = 5;
  /// ... for this long; then one request probes.
  milliseconds open_for{10'000};
  /// A pipeline unused for so long is ended, which frees 120 to 160 MB; the next request waits for
  /// a new one.
  milliseconds idle_stop{600'000};
  /// A folder that its processes may write in and read; empty: none, which is all that Apertium
  /// needs.
  std::filesystem::path scratch = {};
};

}  // namespace sotto::providers::apertium
