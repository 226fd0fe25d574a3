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
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include "audio/speech_meter.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "pipeline/audience.hpp"
#include "pipeline/caption.hpp"
#include "pipeline/capture_clock.hpp"
#include "pipeline/event_inbox.hpp"
#include "pipeline/recent_lag.hpp"
#include "pipeline/segment_log.hpp"
#include "pipeline/session_meter.hpp"
#include "pipeline/shadow.hpp"
#include "pipeline/timekeeper.hpp"
#include "pipeline/translation_cache.hpp"
#include "ports/recogniser.hpp"
#include "ports/session_store.hpp"
#include "ports/synthesiser.hpp"
#include "ports/translator.hpp"

namespace sotto::pipeline {

/// What a session is, fixed at its creation.
struct SessionConfig {
  SessionId id;
  Language language;        ///< spoken
  engine::Settings engine;  ///< its calibration is filled in from the recogniser
  std::size_t max_listeners = 500;
  /// Of a session that goes on after its process ended: what had settled, in the order of the talk.
  std::vector<SettledSegment> settled = {};
  /// Computes beside it what its engine would do in the other mode, for SessionFigures::paired.
  bool shadow = true;
};

/// What a session works with. The ports and the cache must outlive it.
struct SessionParts {
  boost::asio::any_io_executor executor;
  /// For what waits for the store, which holds up no talk there; empty: it waits where it is
  /// called.
  boost::asio::any_io_executor waiting;
  ports::Recogniser* recogniser = nullptr;
  ports::Translator* translator = nullptr;
  ports::Synthesiser* synthesiser = nullptr;  ///< null: there is no speech
  TranslationCache* cache = nullptr;
  /// Where settled captions are kept before anybody sees them; null: nowhere.
  ports::SessionStore* store = nullptr;
  std::function<std::unique_ptr<Timekeeper>(boost::asio::any_io_executor strand)> timekeeper =
      real_time;
};

/// A caption on its way to the listeners of its language.
struct SentCaption {
  const Caption* caption = nullptr;
  bool says_more = false;   ///< its source has words that were not translated before
  milliseconds latency{0};  ///< since its last word was captured
  std::size_t listeners = 0;
};

/// A piece of speech on its way to the listeners of its language.
struct SentSpeech {
  const Speech* speech = nullptr;
  std::size_t characters = 0;  ///< of its text, counted as code points
  milliseconds latency{0};     ///< since its last word was captured
  std::size_t listeners = 0;
};

/// How a session does, for those who watch it.
struct SessionStatus {
  std::map<Language, std::size_t> listeners;
  std::optional<double> latency_p50_ms, latency_p95_ms;  ///< none before the first translation
  milliseconds audio{0};
  /// Audio that had arrived and was not recognised yet: the most of the last seconds of audio.
  /// It grows with the recogniser's step when many sessions share the processor.
  milliseconds lag{0};
  engine::Mode mode = engine::Mode::final_only;  ///< as it is now, after kills and fallbacks
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
  std::function<void(const SentSpeech&)> on_speech;
  std::function<void(const TranslationOutcome&)> on_translation;
  std::function<void(const Error&)> on_not_kept;  ///< a settled caption could not be stored
  std::function<void(std::size_t listeners, SessionTime now)>
      on_listeners;                  ///< their number changed
  std::function<void()> on_dropped;  ///< partial results made room in the queue; from any thread
  /// Once, with how the recogniser ended and how much audio there was.
  std::function<void(const SessionFigures&, const Result<>& outcome, milliseconds audio,
                     SessionTime now)>
      on_ended;
};

/// One talk: its audio goes to the recogniser, the recogniser's events to the engine, the engine's
/// captions and speech to the audience; what settles is stored first. An actor: everything but the
/// audio queue happens on its strand. All public methods are thread-safe; handlers are called on
/// the strand.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// Errors: the recogniser's, when it cannot open a stream; the engine's, for settings out of
  /// range.
  static Result<std::shared_ptr<Session>> start(SessionConfig config, SessionParts parts,
                                                SessionObserver observer = {});
  ~Session();

  /// 16 kHz mono samples from the speaker, all of them or none: `full` when the recogniser is too
  /// far behind, `over` after finish() and when the recogniser has failed, which ends the session.
  ports::Pushed push_audio(std::span<const std::int16_t> samples);

  /// No more audio: finals are awaited, what is open is flushed, listeners are told the session
  /// ended.
  void finish();

  /// Uses partial results, or finals only, from here on; calls back once the engine acts by it.
  void set_mode(engine::Mode mode, std::function<void()> done = {});

  /// The speaker pauses, or goes on. Listeners are told; audio is still taken.
  void set_paused(bool paused);

  /// Follows the session in a language, in place of the one that the listener followed. Calls
  /// `done`, then sends the state, the settled captions after sequence number `since` (without one:
  /// the last few), then what comes. Errors through `done`, and nothing changes: those of
  /// Audience::admits().
  void subscribe(Language language, std::optional<std::uint64_t> since,
                 std::shared_ptr<Listener> listener, std::function<void(Result<>)> done);
  void unsubscribe(std::shared_ptr<Listener> listener);

  /// Hears the session in a language from now on, in place of the one it heard.
  void subscribe(Language language, std::shared_ptr<SpeechListener> listener,
                 std::function<void(Result<>)> done);
  void unsubscribe(std::shared_ptr<SpeechListener> listener);

  /// Calls back once all audio pushed so far was recognised and nothing waits for a translation, or
  /// the session has ended.
  void when_idle(std::function<void()> handler);

  /// The figures so far.
  void figures(std::function<void(const SessionFigures&)> handler);

  const SessionConfig& config() const { return config_; }
  SessionState state() const { return state_.load(); }
  SessionStatus status() const;
  /// The languages it can be followed in: its own and those the translator has from it, sorted.
  std::vector<Language> languages() const { return audience_.languages(); }
  /// Those of them that can be heard, sorted.
  std::vector<Language> speech_languages() const { return audience_.speech_languages(); }
  /// Why the recogniser gave up, or empty; valid once the state is `ended`.
  Result<> outcome() const;

  /// How many of the last settled captions a new listener gets.
  static constexpr std::size_t joining_captions = 12;

 private:
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;

  Session(SessionConfig config, SessionParts parts, SessionObserver observer,
          engine::Engine engine);
  Result<> open_recogniser();

  AudienceParts audience_parts();
  AudienceEvents audience_events();
  milliseconds pushed() const;
  void listen_for_speech(std::span<const std::int16_t> samples);
  void take_events();
  void step(const engine::Event& event);
  void carry_out(const engine::Command& command);
  void show(engine::ShowCaption caption);
  void settle(const engine::ShowCaption& caption);
  void settled(SettledSegment segment, const Result<>& kept);
  void noticed(const engine::Notice& notice);
  void arm_timer();
  void tick();
  void recognised(milliseconds place);
  void recogniser_ended(Result<> outcome);
  void end_if_done();
  void note_listeners();
  void note_mode(engine::Mode mode);
  void note_lag(milliseconds lag);
  void check_idle();
  SessionFigures figures_now() const;
  void note_caption(const Caption& caption, const std::string& source);
  void note_speech(const Speech& speech, std::size_t listeners);
  template <class Work>
  void on_strand(Work work) {
    boost::asio::post(
        strand_, [self = shared_from_this(), work = std::move(work)]() mutable { work(*self); });
  }

  // constant after construction
  const SessionConfig config_;
  const SessionParts parts_;
  const SessionObserver observer_;
  const Strand strand_;
  const std::shared_ptr<std::weak_ptr<Session>> self_ = std::make_shared<std::weak_ptr<Session>>();

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

  mutable std::mutex status_mutex_;  ///< guards status_
  SessionStatus status_;

  // on the strand
  engine::Engine engine_;
  engine::Commands commands_;
  std::optional<Shadow> shadow_;  ///< none where it is not wanted
  SegmentLog log_;
  std::uint64_t last_seq_ = 0;         ///< given to a settled caption, kept or not yet
  std::uint32_t segments_before_ = 0;  ///< of earlier runs of this session
  milliseconds time_before_{0};        ///< that those lasted
  std::size_t unsettled_ = 0;          ///< captions that wait for the store
  Audience audience_;
  SessionMeter meter_;
  milliseconds recognised_{0};
  RecentLag lag_;
  bool recogniser_ended_ = false;
  Result<> outcome_;
  std::vector<std::function<void()>> idle_handlers_;
};

}  // namespace sotto::pipeline
