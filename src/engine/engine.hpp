#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/command.hpp"
#include "engine/recent_finals.hpp"
#include "engine/settings.hpp"
#include "engine/speech_watch.hpp"
#include "engine/tracked_result.hpp"
#include "engine/word_list.hpp"
#include "transcript/event.hpp"

namespace sotto::engine {

/// A transcript event from the recogniser. The event must outlive the step; it is not null.
struct TranscriptReceived {
  const transcript::Event* event;
};

/// Time has passed; see Engine::next_tick().
struct Tick {};

/// The audio that has just come in contains speech. To be sent at least once a second while
/// somebody speaks, so that the engine notices a silent recogniser.
struct SpeechDetected {};

/// Use partial results, or final results only, from here on. Committed words stay committed and are
/// not spoken again, and the open segment ends where it would have ended anyway.
struct ModeChange {
  Mode mode;
};

/// No audio follows and every final has been given: text that is still open is flushed.
struct EndOfAudio {};

using Event = std::variant<TranscriptReceived, Tick, SpeechDetected, ModeChange, EndOfAudio>;

/// The partial-results engine of one session: a fold over a recogniser's events. It decides, word
/// by word, what is stable enough to caption and to speak, and corrects captions when a final
/// proves them wrong.
///
/// It reads no clock and does no I/O. The same events with the same times give the same commands,
/// however they are batched: results in one event are decided on as if each came alone. Memory is
/// bounded whatever arrives: at most eight results are tracked, and of a partial result the first
/// 2,000 words or 64 kB. In steady state it allocates nothing. Not thread-safe; it lives on its
/// session's strand.
class Engine {
 public:
  /// Errors: `invalid_argument` naming the setting that is out of range.
  static Result<Engine> create(const Settings& settings);

  /// Takes one event at `now`, a reading of the session's clock that never goes back (an earlier
  /// one counts as the latest), and appends what to do to `out`. Never fails.
  void step(const Event& event, SessionTime now, Commands& out);

  /// When a Tick is due at the latest, always later than the last step; nothing while there is
  /// nothing to wait for.
  std::optional<SessionTime> next_tick() const;

  /// The requested mode. While the recogniser is silent, the engine uses final results only in
  /// either mode.
  Mode mode() const { return settings_.mode; }

  /// Whether partial results are used right now.
  bool uses_partials() const { return settings_.mode == Mode::partial && !fallen_back_; }

 private:
  friend class EngineState;  // snapshot.hpp

  using State = TrackedResult::State;
  static constexpr std::size_t max_results = 8;
  static constexpr std::size_t max_done = 1;  ///< of those, kept after their end

  explicit Engine(const Settings& settings)
      : settings_(settings), budget_(settings.translation_budget) {}

  // What comes in.
  void hear(const transcript::Event& event, Commands& out);
  void hear_partial(const transcript::RecognitionResult& heard, Commands& out);
  void hear_final(const transcript::RecognitionResult& heard, Commands& out);
  void result_heard(Commands& out);
  void tick(Commands& out);
  void tick(TrackedResult& result, Commands& out);
  void speech_detected(Commands& out);
  void change_mode(Mode mode, Commands& out);
  void end_of_audio(Commands& out);

  // What is decided.
  void decide(TrackedResult& result, Commands& out);
  void judge(TrackedResult& result, Commands& out);
  void show_rest(TrackedResult& result, Commands& out);
  void hold(TrackedResult& result, Commands& out);
  void release(TrackedResult& result, Commands& out);
  void advance(std::string_view channel, Commands& out);
  void settle(TrackedResult& result, WordList& words, Commands& out);
  void finish(TrackedResult& result, CutReason reason, bool flushed, Commands& out);
  void flush(TrackedResult& result, CutReason reason, Commands& out);

  // What goes out.
  struct Commitment {
    float stability = 1;
    bool flushed = false;
    CutReason last = CutReason::none;  ///< why the segment of the last word ends with it anyway
  };
  void commit(TrackedResult& result, std::size_t end, const Commitment& how, Commands& out);
  void speak(TrackedResult& result, std::size_t end, CutReason ends, const Commitment& how,
             Commands& out);
  bool end_segment_if_due(TrackedResult& result, Commands& out);
  void show(TrackedResult& result, std::size_t stable_end, std::size_t shown_end, float stability,
            Commands& out);
  void show_again_if_due(TrackedResult& result, Commands& out);
  void withdraw(TrackedResult& result, Commands& out);
  void reletter_closed(TrackedResult& result, Commands& out);
  void repair(TrackedResult& result, const WordList& words, Commands& out);
  bool budget_is_short(const OpenSegment& open) const;
  milliseconds retranslate_interval(const OpenSegment& open) const;
  bool translation_due(const TrackedResult& result) const;
  std::optional<std::size_t> translate_early(TrackedResult& result);
  void translate_settled(std::string_view before, std::size_t kept, ShowCaption& caption);

  // Which result is meant.
  struct Order {  // indexes of results
    std::array<std::uint8_t, max_results> index{};
    std::size_t count = 0;
    auto begin() const { return index.begin(); }
    auto end() const { return index.begin() + count; }
  };
  TrackedResult* find(const transcript::RecognitionResult& heard);
  TrackedResult* find_for_final(const transcript::RecognitionResult& heard);
  TrackedResult& track(const transcript::RecognitionResult& heard, Commands& out);
  TrackedResult& free_place(Commands& out);
  bool blocked(const TrackedResult& result) const;
  Order in_audio_order() const;
  SessionTime due_time() const;

  milliseconds rate_window() const { return milliseconds{1000 / settings_.max_rate_per_second}; }

  Settings settings_;
  SessionTime now_{};
  SessionTime due_ = never;
  std::vector<TrackedResult> results_;
  RecentFinals recent_finals_;
  SpeechWatch speech_watch_;
  TranslationBudget budget_;
  bool fallen_back_ = false;
  bool warned_of_missing_stability_ = false;
  std::uint32_t last_segment_ = 0;
  std::uint32_t last_result_ = 0;

  // scratch, kept for its memory
  Scratch scratch_;
  std::vector<SessionTime> word_ends_;

  static constexpr SessionTime never = SessionTime::max();
};

}  // namespace sotto::engine
