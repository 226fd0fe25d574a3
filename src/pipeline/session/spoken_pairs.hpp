#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/session_time.hpp"
#include "base/sparse_sketch.hpp"
#include "engine/command.hpp"
#include "engine/settings.hpp"
#include "engine/word_list.hpp"
#include "pipeline/session/capture_clock.hpp"
#include "pipeline/session/shown_words.hpp"
#include "rollout/session_outcome.hpp"

namespace sotto::pipeline {

/// Finds the words that two engines say of the same audio, one with partial results and one with
/// finals only, and each word's lag in both: how long after its end was captured a caption that is
/// worth translating had it, and kept it.
///
/// The words of a result are kept until the engine with finals only has said them; then both are
/// aligned as a final is with what was committed (engine::align), and each word that both have is
/// a pair. A word that only one has counts for neither: one that was said early and was wrong, or
/// the one in its place. Bounded: of sixteen results 2,000 words or 64 kB each; what is above is
/// not compared. Not thread-safe.
class SpokenPairs {
 public:
  /// An engine of the mode shows a caption.
  void shown(engine::Mode mode, const engine::ShowCaption& caption, SessionTime now);

  /// An engine of the mode says `piece`, whose words end at `word_ends`.
  void said(engine::Mode mode, const engine::Speak& piece, std::span<const SessionTime> word_ends,
            SessionTime now, const CaptureClock& captured);

  /// The final of a result takes back `words` words of those that were said early.
  void taken_back(std::string_view result_id, std::size_t words);

  /// Both engines have acted by the same event: pairs what both have said.
  void settle();

  /// Forgets what only one of them has said.
  void close() { results_ = {}; }

  /// Of the pairs so far. Means are exact, the slowest 5 % within 0.4 %.
  rollout::PairedFigures figures() const;

 private:
  struct Side {
    engine::WordList words;
    std::vector<std::uint32_t> latency_ms;  ///< one a word

    void add(std::string_view word, SessionTime end, milliseconds latency);
    void clear();
  };
  struct Result {
    bool in_use = false;
    std::uint64_t number = 0;  ///< counts results
    std::string id;
    Side early, final_only;

    void begin(std::string_view new_id, std::uint64_t new_number);
    void end();
  };

  /// Twice what an engine tracks, so that one of which more may be said always has its place.
  static constexpr std::size_t max_results = 16;

  Result* find(std::string_view id);
  Result& place_for(std::string_view id);
  void pair(Result& result);

  std::vector<Result> results_;
  std::uint64_t last_number_ = 0;
  ShownWords shown_early_, shown_final_only_;
  SparseSketch early_, final_only_;  ///< ms; of the pairs
  std::uint64_t taken_back_ = 0;
  std::vector<std::uint32_t> place_;  // scratch, kept for its memory
};

}  // namespace sotto::pipeline
