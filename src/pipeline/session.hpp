#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/strand.hpp>

#include "audio/speech_meter.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "pipeline/caption.hpp"
#include "pipeline/capture_clock.hpp"
#include "pipeline/event_inbox.hpp"
#include "pipeline/language_lane.hpp"
#include "pipeline/segment_log.hpp"
#include "pipeline/session_figures.hpp"
#include "pipeline/timekeeper.hpp"
#include "pipeline/translation_cache.hpp"
#include "ports/recogniser.hpp"
#include "ports/translator.hpp"

namespace sotto::pipeline {

/// What a session is, fixed at its creation.
struct SessionConfig {
  SessionId id;
  Language language;        ///< spoken
  engine::Settings engine;  ///< its calibration is filled in from the recogniser
  std::size_t max_listeners = 500;
};

/// What a session works with. The ports and the cache must outlive it.
struct SessionParts {
  boost::asio::any_io_executor executor;
  ports::Recogniser* recogniser = nullptr;
  ports::Translator* translator = nullptr;
  TranslationCache* cache = nullptr;
  std::function<std::unique_ptr<Timekeeper>(boost::asio::any_io_executor strand)> timekeeper =
      real_time;
};

/// A translation that was needed.
struct TranslationOutcome {
  enum class Kind : std::uint8_t { known, made, failed } kind = Kind::known;
  std::size_t characters = 0;  ///< of the source, counted as code points
};

/// A caption on its way to the listeners of its language.
struct SentCaption {
  const Caption* caption = nullptr;
  bool says_more = false;   ///< its source has words that were not translated before
  milliseconds latency{0};  ///< since its last word was captured
  std::size_t listeners = 0;
};

/// Told, on the session's strand, of what passes through: for saving events, telemetry and tools.
struct SessionObserver {
  std::function<void(const transcript::Event&, SessionTime now)> on_event;
  std::function<void(const engine::Command&, SessionTime now)> on_command;
  std::function<void(engine::Mode, SessionTime now)> on_mode;  ///< before the engine acts by it
  /// After each step of the engine, with what was heard; null: time has passed, or the like.
  std::function<void(const transcript::Event* heard, const engine::Commands&, SessionTime now,
                     const CaptureClock& captured)>
      on_step;
  std::function<void(const SentCaption&)> on_sent;
  std::function<void(const TranslationOutcome&)> on_translation;
  std::function<void(std::size_t listeners, SessionTime now)>
      on_listeners;                  ///< their number changed
  std::function<void()> on_dropped;  ///< partial results made room in the queue; from any thread
  /// Once, with how the recogniser ended and how much audio there was.
  std::function<void(const SessionFigures&, const Result<>& outcome, milliseconds audio,
                     SessionTime now)>
      on_ended;
};

/// One talk: its audio goes to the recogniser, the recogniser's events to the engine, the engine's
/// captions to one lane a language. An actor: everything but the audio queue happens on its strand.
/// All public methods are thread-safe; handlers are called on the strand.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// Errors: the recogniser's, when it cannot open a stream; the engine's, for settings out of
  /// range.
  static Result<std::shared_ptr<Session>> start(SessionConfig config, SessionParts parts,
                                                SessionObserver observer = {});
  ~Session();

  /// 16 kHz mono samples from the speaker. False: the recogniser is too far behind and nothing was
  /// taken.
  bool push_audio(std::span<const std::int16_t> samples);

  /// No more audio: finals are awaited, what is open is flushed, listeners are told the session
  /// ended.
  void finish();

  /// Uses partial results, or finals only, from here on; calls back once the engine acts by it.
  void set_mode(engine::Mode mode, std::function<void()> done = {});

  /// Follows the session in a language. Sends the state, then the settled captions after sequence
  /// number `since` (without one: the last few), then what comes. Errors through `done`:
  /// `not_found` (the language cannot be had; the message offers those that can),
  /// `resource_exhausted` (too many listeners).
  void subscribe(Language language, std::optional<std::uint64_t> since,
                 std::shared_ptr<Listener> listener, std::function<void(Result<>)> done);
  void unsubscribe(std::shared_ptr<Listener> listener);

  /// Calls back once all audio pushed so far was recognised and nothing waits for a translation, or
  /// the session has ended.
  void when_idle(std::function<void()> handler);

  /// The figures so far.
  void figures(std::function<void(const SessionFigures&)> handler);

  const SessionConfig& config() const { return config_; }
  SessionState state() const { return state_.load(); }
  /// The languages it can be followed in: its own and those the translator has from it, sorted.
  std::vector<Language> languages() const;
  /// Why the recogniser gave up, or empty; valid once the state is `ended`.
  Result<> outcome() const;

  /// How many of the last settled captions a new listener gets.
  static constexpr std::size_t joining_captions = 12;

 private:
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;

  Session(SessionConfig config, SessionParts parts, SessionObserver observer,
          engine::Engine engine);
  Result<> open_recogniser();

  void listen_for_speech(std::span<const std::int16_t> samples);
  void take_events();
  void step(const engine::Event& event);
  void carry_out(const engine::Command& command);
  void show(const engine::ShowCaption& caption);
  void count(const engine::Notice& notice);
  void count_heard(const transcript::Event& event);
  void arm_timer();
  void recognised(milliseconds place);
  void recogniser_ended(Result<> outcome);
  void end_if_done();
  void tell_listeners();
  SessionFigures figures_now() const;
  void check_idle();
  LanguageLane& lane(const Language& language);
  void translate(const Language& target, const std::string& text,
                 std::function<void(Result<std::string>)> done);
  void note_sent(const Caption& caption, const std::string& source);

  // constant after construction
  const SessionConfig config_;
  const SessionParts parts_;
  const SessionObserver observer_;
  const Strand strand_;

  // self-synchronised
  std::unique_ptr<Timekeeper> timekeeper_;
  std::unique_ptr<ports::RecogniserStream> stream_;
  const std::shared_ptr<EventInbox> inbox_ = std::make_shared<EventInbox>();
  CaptureClock captured_;
  std::atomic<std::uint64_t> samples_pushed_{0};
  std::atomic<SessionState> state_{SessionState::waiting};

  // guarded by speech_mutex_
  std::mutex speech_mutex_;
  audio::SpeechMeter speech_;

  // on the strand
  engine::Engine engine_;
  engine::Commands commands_;
  SegmentLog log_;
  std::map<Language, LanguageLane> lanes_;
  SessionFigures figures_;
  engine::ErasureMeter source_erasure_;
  std::map<Language, engine::ErasureMeter> erasure_;
  WordLatencyMeter word_latency_;
  struct SentText {
    std::string source;
    SessionTime at{};
  };
  std::map<std::pair<engine::SegmentId, Language>, SentText> sent_;  ///< newest segments only
  milliseconds recognised_{0};
  bool recogniser_ended_ = false;
  bool flushed_ = false;
  Result<> outcome_;
  std::vector<std::function<void()>> idle_handlers_;
};

}  // namespace sotto::pipeline
