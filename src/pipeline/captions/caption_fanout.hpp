#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "pipeline/captions/caption.hpp"
#include "pipeline/captions/caption_track.hpp"
#include "pipeline/captions/recent_segments.hpp"
#include "pipeline/captions/translation_cache.hpp"
#include "pipeline/speech/speech_track.hpp"
#include "ports/synthesiser.hpp"
#include "ports/translator.hpp"

namespace sotto::pipeline {

/// A translation that was needed.
struct TranslationOutcome {
  enum class Kind : std::uint8_t { known, made, failed } kind = Kind::known;
  std::size_t characters = 0;  ///< of the source, counted as code points
};

/// What a fanout works with. The ports and the cache must outlive it.
struct FanoutParts {
  ports::Translator* translator = nullptr;
  ports::Synthesiser* synthesiser = nullptr;  ///< null: there is no speech
  TranslationCache* cache = nullptr;
  /// Runs work on the session's strand as long as the session lives; thread-safe.
  std::function<void(std::function<void()>)> post;
  std::function<SessionTime()> now;
};

/// Told, on the strand, of what happens.
struct FanoutEvents {
  CaptionTrack::Sent on_caption;
  std::function<void(const Speech&, std::size_t listeners)> on_speech;
  std::function<void(const TranslationOutcome&)> on_translation;
  /// Source text that was shown in place of a translation is to settle again, see CaptionTrack.
  std::function<void(const Caption& source)> on_repaired;
  std::function<void()>
      on_listeners;  ///< the number or languages of those who read or hear changed
  std::function<void()> on_work_done;  ///< something may have become idle
};

/// The listeners of one session, in their languages: hands each language's captions and speech to
/// those who follow it, translated and synthesised once for all. Not thread-safe, but for
/// languages() and speech_languages(); lives on the session's strand.
class CaptionFanout {
 public:
  CaptionFanout(Language source, std::size_t max_listeners, FanoutParts parts, FanoutEvents events);

  /// The languages it can be followed in: the source and those the translator has from it, sorted.
  std::vector<Language> languages() const;
  /// Those of them that can be heard.
  std::vector<Language> speech_languages() const;

  /// Whether somebody may follow in a language, who does already in another perhaps. Errors:
  /// `not_found` (the language cannot be had; the message offers those that can; field `lang`),
  /// `resource_exhausted` (too many listeners).
  Result<> admits(const Listener* listener, const Language& language) const;
  Result<> admits(const SpeechListener* listener, const Language& language) const;

  /// Has a listener follow a language, in place of the one it followed, beginning with `backlog`.
  void add(const std::shared_ptr<Listener>& listener, const Language& language,
           const std::vector<Segment>& backlog);
  void add(const std::shared_ptr<SpeechListener>& listener, const Language& language);
  void remove(const Listener* listener);
  void remove(const SpeechListener* listener);

  /// What the source now says of an open segment, see CaptionTrack::show(), and of a settled one;
  /// the next words to say, the last of which was captured at `captured`.
  void show(const Caption& source, bool worth_translating);
  void settle(const Caption& source);
  void speak(const engine::Speak& piece, SessionTime captured);

  /// When tick() is wanted next, if at all; see CaptionTrack.
  std::optional<SessionTime> next_tick();
  void tick(SessionTime now);

  /// Tells everybody.
  void tell(SessionState state);

  /// Those who read, and those who hear, by language; languages nobody follows are left out.
  std::map<Language, std::size_t> listeners() const;
  std::map<Language, std::size_t> hearers() const;
  std::size_t listeners(const Language& language) const;

  /// Whether nothing waits for a translation or a voice.
  bool idle() const;

  /// Whether somebody reads, or hears.
  bool has(const Listener* listener) const;
  bool has(const SpeechListener* listener) const;

 private:
  Result<> offers(const std::vector<Language>& offered, const Language& language) const;
  CaptionTrack& track(const Language& language);
  void leave(const Language& language, CaptionTrack& track, const Listener* listener);
  SpeechTrack& speech_track(const Language& language);
  CaptionTrack::Translate translation_into(const Language& language);
  void translate(const Language& target, const std::string& text, SegmentId segment,
                 std::function<void(Result<std::string>)> done);
  void translate_speech(const Language& target, const std::string& text, SegmentId segment,
                        std::function<void(Result<std::string>)> done);
  bool has_settled(SegmentId segment) const;
  void answer_speech(const Language& target);
  void answer_speech_later(const Language& target);
  void translated(const LanguagePair& pair, const std::string& text,
                  const Result<std::string>& translation);

  const Language source_;
  const std::size_t max_listeners_;
  const FanoutParts parts_;
  const FanoutEvents events_;
  RecentSegments recent_;
  static constexpr std::size_t most_settled = 256;
  std::set<SegmentId> settled_;  ///< the last of the session
  std::map<Language, CaptionTrack> tracks_;
  std::map<Language, SpeechTrack> speech_tracks_;

  /// Words to be said whose caption is not settled yet, in languages that are read as well.
  struct Waiting {
    SegmentId segment{};
    std::string text;
    std::function<void(Result<std::string>)> done;
  };
  std::map<Language, Waiting> speech_waits_;
};

}  // namespace sotto::pipeline
