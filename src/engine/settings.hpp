#pragma once

#include <cstddef>
#include <optional>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "transcript/stability_calibration.hpp"

namespace sotto::engine {

/// Whether partial results are used (the feature) or only final results (without it, and after a
/// fallback).
enum class Mode : unsigned char { partial, final_only };

/// How one session decides. Fixed when the session begins; the defaults are the documented ones.
struct Settings {
  Mode mode = Mode::partial;

  /// A word of a partial result is committed only when its stability is at least this; 0.70–0.95.
  double min_stability_threshold = 0.85;

  /// A word may be shown, marked as provisional, when its stability is at least this; 0.30–0.95. A
  /// value above min_stability_threshold acts like that threshold, because stable words are always
  /// shown. Without a value: the calibration's, or 0.88 without one.
  std::optional<double> provisional_threshold;

  /// Stable text is never held longer than this: an open segment is ended, and an earlier result
  /// that stands in the way is flushed; 2–10 s.
  milliseconds max_buffer_timeout{5000};

  /// A silence this long ends a segment; 0.2–10 s.
  milliseconds pause_threshold{2000};

  /// A result without a new hypothesis for this long is flushed as if it were final; 5–60 s.
  milliseconds orphan_timeout{15000};

  /// Partial results decided on per second and channel, 1–50; the newest of each window is taken.
  int max_rate_per_second = 5;

  /// A final with the same text over the same audio within this time is a duplicate, whatever its
  /// id; 1–60 s.
  milliseconds dedup_ttl{10000};

  /// Without any stability from the recogniser, a word unchanged for this long counts as stable;
  /// 1–10 s.
  milliseconds missing_stability_hold{3000};

  /// Final-only mode begins when speech has gone on for this long without any result, and ends with
  /// the next one; 5–60 s.
  milliseconds fallback_timeout{10000};

  /// Stable text that waits for an earlier result is held up to these bounds; 1–60 s of speech,
  /// 10–1000 words.
  milliseconds buffer_span{10000};
  std::size_t buffer_words = 300;

  /// An open segment is translated again after so many new words (1–50), where a clause ends, or
  /// after so much time (0.1–10 s), whichever comes first, if the budget has it.
  std::size_t retranslate_words = 4;
  milliseconds retranslate_interval{1000};

  /// What early words may cost: the characters translated, of one language, at most so many times
  /// those that final results alone would need; 1–10. TranslationBudget says what it buys.
  double translation_budget = 1.3;

  /// Where text has no punctuation: a segment of phrase_words words (2–50) ends at a gap between
  /// words at least phrase_gap long (50–2000 ms), a longer one at ever shorter gaps, and at
  /// segment_words (4–100, not below phrase_words) anywhere.
  milliseconds phrase_gap{150};
  std::size_t phrase_words = 5;
  std::size_t segment_words = 14;

  /// The recogniser's measured stability; nothing if it was not measured.
  std::optional<transcript::StabilityCalibration> calibration;
};

/// The threshold that is in force.
double provisional_threshold(const Settings& settings);

/// The settings as they are, or `invalid_argument` naming the setting, its value and its range.
Result<Settings> validate(const Settings& settings);

}  // namespace sotto::engine
