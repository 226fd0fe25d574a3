#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/session_time.hpp"
#include "ports/translator.hpp"

namespace sotto::providers::bergamot {

/// Where the worker is: workers/bergamot/worker.mjs in the clone of Sotto's repository in which
/// this program is, else in /usr/local/share/sotto or /usr/share/sotto; nothing where it is in
/// none.
std::optional<std::filesystem::path> find_worker();

/// How the Bergamot translator runs. Durations are positive.
struct Settings {
  /// Node.js, 18 or newer; found in PATH, or a path.
  std::string node = "node";
  /// The worker's script, see find_worker(). Its package is installed in its folder
  /// (scripts/setup).
  std::filesystem::path worker;
  /// Folders with models in bergamot/PAIR-KIND/, the first that has one wins: models::folders().
  std::vector<std::filesystem::path> model_folders;
  /// How good models are, by the names of their folders, such as `enes-tiny`: for offers().
  std::map<std::string, ports::TranslationQuality> qualities = {};
  /// Whether create() succeeds without a model, for models that are installed later, see
  /// BergamotTranslator::look_again().
  bool models_may_come_later = false;
  /// How long one attempt at a text may take, and how long the first texts wait for a model that is
  /// being loaded.
  milliseconds deadline{2'200};
  /// A text is answered within so long of its request, its wait in the queue and a second attempt
  /// included: an attempt begins only if it can end by then. At least `deadline`.
  milliseconds answer_within{4'800};
  /// How long loading a model may take; 1 s is usual. Texts that come after `deadline` are
  /// answered `unavailable` at once until it is loaded.
  milliseconds load_deadline{30'000};
  /// Requests that may wait for each pair, at least 1.
  std::size_t max_queued = 64;
  /// The wait before a failed process is started again: this, then doubled each time ...
  milliseconds first_back_off{100};
  /// ... up to this.
  milliseconds largest_back_off{10'000};
  /// After so many failures in a row, at least 1, requests are answered `unavailable` at once ...
  int failures_to_open = 5;
  /// ... for this long; then one request probes.
  milliseconds open_for{10'000};
  /// A process unused for so long is ended, which frees 300 MB; the next request waits for a new
  /// one.
  milliseconds idle_stop{600'000};
  /// A folder that its workers may write in and read; empty: none, which is all that the worker
  /// needs.
  std::filesystem::path scratch = {};
};

}  // namespace sotto::providers::bergamot
