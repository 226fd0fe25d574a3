#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/command.hpp"
#include "engine/segmenter.hpp"
#include "engine/settings.hpp"
#include "engine/stability.hpp"
#include "engine/word.hpp"
#include "transcript/event.hpp"

namespace sotto::engine {

/// The recogniser said something. The event must outlive the step; it is not null.
struct Heard {
  const transcript::Event* event;
};

/// Time has passed; see Engine::next_tick().
struct Tick {};

/// Use partial results, or finals only, from here on. Applied at a segment boundary: what was
/// committed stays, and nothing of it is said again.
struct ModeChange {
  Mode mode;
};

/// No audio follows and every final has been said: what is still open is flushed.
struct EndOfAudio {};

using Event = std::variant<Heard, Tick, ModeChange, EndOfAudio>;

/// The partial-results engine of one session: a fold over what a recogniser says. It decides, word
/// by word, what is stable enough to caption and to speak, and repairs captions when a final proves
/// them wrong.
///
/// It reads no clock, does no I/O and allocates only what its words need. The same events with the
/// same times give the same commands. Not thread-safe; it lives on its session's strand.
class Engine {
 public:
  /// Errors: `invalid_argument` naming the setting that is out of range.
  static Result<Engine> create(const Settings& settings);

  /// Takes one event at `now`, a reading of the session's clock that never goes back (an earlier
  /// one counts as the latest), and appends what to do to `out`. Never fails.
  void step(const Event& event, SessionTime now, Commands& out);

  /// When a Tick is due at the latest; nothing while there is nothing to wait for.
  std::optional<SessionTime> next_tick() const;

  Mode mode() const { return settings_.mode; }

 private:
  /// A segment whose words were committed, and what listeners last saw for it.
  struct ClosedSegment {
    SegmentId id{};
    std::size_t words = 0;
    std::string text;
  };

  /// The segment that still grows: what was shown and translated of it.
  struct OpenSegment {
    SegmentId id{};
    std::string text;
    std::size_t stable_bytes = 0;
    std::size_t words = 0;
    std::size_t stable_words = 0;
    std::size_t translated_words = 0;
    std::string translated_text;
    SessionTime translated_at{};
    SessionTime start{};
    SessionTime end{};
    float stability = 1;
  };

  /// A result that has had no final yet.
  struct OpenResult {
    std::string id;
    std::string channel;
    std::vector<Word> words;      ///< the newest hypothesis
    std::vector<Word> committed;  ///< what was committed to speech, as it stood then
    std::size_t place = 0;        ///< where the committed words end in `words`
    std::vector<ClosedSegment> closed;
    std::optional<OpenSegment> open;
    SessionTime start{};
    SessionTime end{};
    SessionTime last_heard{};                 ///< on the session's clock
    std::optional<SessionTime> stable_since;  ///< since when stable words have been held
    SessionTime translated_at =
        at_ms(-60'000);      ///< when any segment of it was last sent to translation
    bool undecided = false;  ///< heard since the last decision
    bool flushed = false;    ///< an orphan, kept in case its final comes after all
  };

  struct RecentFinal {
    std::string id, channel, text;
    SessionTime start{}, end{}, at{};
  };

  explicit Engine(const Settings& settings) : settings_(settings) {}

  void hear(const transcript::Event& event, SessionTime now, Commands& out);
  void hear_partial(const transcript::RecognitionResult& heard, SessionTime now, Commands& out);
  void hear_final(const transcript::RecognitionResult& heard, SessionTime now, Commands& out);
  void tick(SessionTime now, Commands& out);
  void change_mode(Mode mode, Commands& out);
  void end_of_audio(SessionTime now, Commands& out);

  void decide(OpenResult& result, SessionTime now, Commands& out);
  void commit(OpenResult& result, const Cut& cut, float stability, Commands& out);
  void show_open(OpenResult& result, const TrustedPrefix& trusted, SessionTime now, Commands& out);
  void show_again_if_due(OpenResult& result, SessionTime now, Commands& out);
  void finish(OpenResult& result, std::vector<Word> words, CutReason reason, Commands& out);
  void repair(OpenResult& result, std::span<const Word> words, std::span<const std::size_t> place,
              Commands& out);
  void flush(OpenResult& result, CutReason reason, Commands& out);

  OpenResult& open_result(const transcript::RecognitionResult& heard, SessionTime now,
                          Commands& out);
  std::deque<OpenResult>::iterator match(const transcript::RecognitionResult& heard);
  bool is_duplicate(const transcript::RecognitionResult& heard, SessionTime now) const;
  bool is_late(const transcript::RecognitionResult& heard) const;
  SegmentId next_segment();
  milliseconds rate_window() const { return milliseconds{1000 / settings_.max_rate_per_second}; }
  bool retranslate_due(const OpenSegment& open, SessionTime now) const;

  Settings settings_;
  SessionTime now_{};
  SessionTime window_end_{};  ///< no decision on partials before this
  std::deque<OpenResult> results_;
  std::deque<RecentFinal> recent_finals_;
  std::vector<Word> heard_words_;  ///< scratch, kept for its memory
  std::uint32_t last_segment_ = 0;
  bool warned_of_missing_stability_ = false;
};

}  // namespace sotto::engine
