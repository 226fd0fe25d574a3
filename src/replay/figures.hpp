#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/ids.hpp"
#include "base/quantile_sketch.hpp"
#include "engine/command.hpp"
#include "engine/erasure_meter.hpp"
#include "observation/step_summary.hpp"
#include "replay/caption_board.hpp"
#include "transcript/event.hpp"

namespace sotto::replay {

/// What a replay came to: counts of what was heard and decided, and how soon, how steady, how right
/// and how dear it was. Not thread-safe.
class Figures {
  struct Session {
    CaptionBoard board;
    engine::ErasureMeter captions;
    engine::ErasureMeter results;
  };

 public:
  /// Counts an event that goes in.
  void heard(const transcript::Event& event);

  /// Counts the commands of a step.
  void decided(const SessionId& session, SessionTime at, const engine::Commands& commands);

  /// From a word's end in the audio to its commitment to speech, in ms.
  const QuantileSketch& commit_lag() const { return commit_lag_; }
  /// From the end of a segment's last word to the end of the segment, in ms.
  const QuantileSketch& segment_lag() const { return segment_lag_; }
  /// Committed words that a final contradicts, over all committed; 0 where none was.
  double contradicted_share() const;
  /// Normalized erasure of the source captions, a segment a line, provisional words counted: what
  /// listeners see taken back.
  double erasure() const { return share(&Session::captions); }
  /// The same with a whole result for a line: a word corrected in its middle counts with all
  /// behind.
  double result_erasure() const { return share(&Session::results); }
  std::uint64_t committed_words() const { return committed_words_; }
  std::uint64_t contradicted_words() const { return contradicted_words_; }
  std::uint64_t translations() const { return translations_; }
  /// Characters (code points) that were worth a translation, of one language.
  std::uint64_t translated_characters() const { return translated_characters_; }
  std::uint64_t discrepancies() const { return discrepancies_; }

  /// `{"summary":{…}}`: everything above and the counts, as one line of JSON.
  std::string summary_json() const;

 private:
  double share(engine::ErasureMeter Session::*meter) const;
  void decided(Session& session, const engine::ShowCaption& caption);
  void count(const observation::StepSummary& summary);

  std::unordered_map<SessionId, Session> sessions_;
  std::uint64_t events_ = 0, partials_ = 0, finals_ = 0;
  std::uint64_t forwards_ = 0, flushes_ = 0, captions_ = 0, replacements_ = 0;
  std::uint64_t committed_words_ = 0, contradicted_words_ = 0;
  std::uint64_t translations_ = 0, translated_characters_ = 0;
  std::uint64_t superseded_ = 0, dropped_ = 0, duplicates_ = 0, orphans_ = 0, discrepancies_ = 0;
  std::uint64_t fallbacks_ = 0, recoveries_ = 0, without_stability_ = 0;
  QuantileSketch commit_lag_, segment_lag_;
};

}  // namespace sotto::replay
