#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "pipeline/captions/caption.hpp"
#include "pipeline/captions/caption_fanout.hpp"
#include "pipeline/captions/recent_lag.hpp"
#include "pipeline/captions/store_before_show.hpp"
#include "pipeline/captions/translation_cache.hpp"
#include "pipeline/session/attendance.hpp"
#include "pipeline/session/audio_intake.hpp"
#include "pipeline/session/event_inbox.hpp"
#include "pipeline/session/run_begin.hpp"
#include "pipeline/session/session_life.hpp"
#include "pipeline/session/session_meter.hpp"
#include "pipeline/session/session_observer.hpp"
#include "pipeline/session/session_status.hpp"
#include "pipeline/session/shadow.hpp"
#include "pipeline/session/timekeeper.hpp"
#include "pipeline/session/timeline.hpp"
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
  milliseconds votes_after_end{std::chrono::minutes{3}};  ///< a listener may rate it for so long
  /// A vote counts of who listened for so long. 0: of everybody who was connected.
  milliseconds voters_listened = Attendance::default_voters_listened;
  /// Of a session that goes on after its process ended: what had settled, in the order of the
  /// session.
  std::vector<Segment> settled = {};
  /// Of such a one: how long ago it was created, see RunBegin.
  milliseconds age{0};
  /// Computes beside it what its engine would do in the other mode, for SessionFigures::paired.
  bool shadow = true;
};

/// What a session works with. The ports and the cache must outlive it.
struct SessionParts {
  boost::asio::any_io_executor executor;
  /// For what waits for the store, which holds up no session there; empty: it waits where it is
  /// called.
  boost::asio::any_io_executor waiting;
  ports::Recogniser* recogniser = nullptr;
  /// Opens the session's stream; empty: the recogniser does.
  std::function<Result<std::unique_ptr<ports::RecogniserStream>>(const Language&,
                                                                 ports::RecogniserSink)>
      open_stream = {};
  ports::Translator* translator = nullptr;
  ports::Synthesiser* synthesiser = nullptr;  ///< null: there is no speech
  TranslationCache* cache = nullptr;
  /// Where settled captions are kept before anybody sees them; null: nowhere.
  ports::SessionStore* store = nullptr;
  std::function<std::unique_ptr<Timekeeper>(boost::asio::any_io_executor strand)> timekeeper =
      real_time;
};

/// One session: its audio goes to the recogniser, the recogniser's events to the engine, the
/// engine's captions and speech to the audience; what settles is stored first. An actor: everything
/// but the audio queue happens on its strand. All public methods are thread-safe; handlers are
/// called on the strand.
class Session : public std::enable_shared_from_this<Session> {
 public:
  /// Errors: the recogniser's, when it cannot open a stream; the engine's, for settings out of
  /// range.
  static Result<std::shared_ptr<Session>> start(SessionConfig config, SessionParts parts,
                                                SessionObservers observers = {});
  ~Session();

  /// 16 kHz mono samples from the speaker, all of them or none: `full` when the recogniser is too
  /// far behind, `over` after finish() and when the recogniser has failed, which ends the session,
  /// `busy` when the session has no recogniser and there is none for it now.
  ports::Pushed push_audio(std::span<const std::int16_t> samples);

  /// Audio of the speaker that will not come, in samples at 16 kHz, or none: in its place the
  /// recogniser hears a second of silence, and says what it still has to say. What follows has the
  /// talk's time.
  void push_silence(std::uint64_t stands_for);

  /// No more audio: finals are awaited, what is open is flushed, listeners are told the session
  /// ended. Then `ended` is called, once, from any thread: nothing that was said waits any more, to
  /// be stored or to be shown.
  void finish(std::function<void()> ended = {});

  /// Uses partial results, or finals only, from here on; calls back once the engine acts by it.
  void set_mode(engine::Mode mode, std::function<void()> done = {});

  /// The speaker pauses, or goes on. Listeners are told; audio is still taken.
  void set_paused(bool paused);

  /// No audio comes, and nobody knows why: listeners of a live session are told that its speaker is
  /// away, until audio comes again.
  void speaker_gone();

  /// Follows the session in a language, in place of the one that the listener followed. Calls
  /// `done`, then sends the state, the settled captions after sequence number `since` (without one:
  /// the last few), then what comes. Errors through `done`, and nothing changes: those of
  /// CaptionFanout::admits().
  void subscribe(Language language, std::optional<std::uint64_t> since,
                 std::shared_ptr<Listener> listener, std::function<void(Result<>)> done);
  void unsubscribe(std::shared_ptr<Listener> listener);

  /// Hears the session in a language from now on, in place of the one it heard.
  void subscribe(Language language, std::shared_ptr<SpeechListener> listener,
                 std::function<void(Result<>)> done);
  void unsubscribe(std::shared_ptr<SpeechListener> listener);

  /// What a listener thinks, in place of what it thought. True: it is the first of this listener.
  /// Errors: those of Attendance::rate().
  Result<bool> rate(const ListenerId& listener, Rating rating);

  /// Calls back once all audio pushed so far was recognised and nothing waits for a translation, or
  /// the session has ended.
  void when_idle(std::function<void()> handler);

  /// The figures so far.
  void figures(std::function<void(const SessionFigures&)> handler);

  const SessionConfig& config() const { return config_; }
  SessionState state() const { return life_.state(); }
  SessionStatus status() const;
  /// The languages it can be followed in: its own and those the translator has from it, sorted.
  std::vector<Language> languages() const { return fanout_.languages(); }
  /// Those of them that can be heard, sorted.
  std::vector<Language> speech_languages() const { return fanout_.speech_languages(); }
  /// Why the recogniser gave up, or empty; valid once the state is `ended`.
  Result<> outcome() const { return life_.outcome(); }

  /// How many of the last settled captions a new listener gets.
  static constexpr std::size_t joining_captions = 12;
  /// How many different listeners are counted, for each that it may have at a time.
  static constexpr std::size_t listeners_per_place = 4;

 private:
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;

  Session(SessionConfig config, SessionParts parts, SessionObservers observers,
          engine::Engine engine);
  Result<> open_recogniser();
  std::function<void(std::function<void()>)> poster();
  FanoutParts fanout_parts();
  FanoutEvents fanout_events();
  StoreBeforeShow::Parts store_parts();

  void take_events();
  observation::StepSummary step(const engine::Event& event);
  void carry_out(const engine::Command& command);
  void show(const engine::ShowCaption& shown);
  void arm_timer();
  void tick();
  void recognised(milliseconds place);
  void note_settled(SessionTime place);
  void recogniser_ended(Result<> outcome);
  bool work_waits() const { return settled_.waiting() > 0 || !fanout_.idle(); }
  void end_if_done();
  void check_idle();
  SessionFigures figures_now() const;

  template <class AnyListener>
  void joins(AnyListener& listener);
  template <class AnyListener>
  void leaves(const AnyListener& listener);
  void note_listeners();
  void note_mode(const observation::StepSummary& summary);
  void note_caption(const Caption& caption, const std::string& source, bool catching_up);
  void note_speech(const Speech& speech, std::size_t listeners);
  void note_words(const std::vector<milliseconds>& lags);

  template <class... Parameters, class... Arguments>
  void tell(void (SessionObserver::*what)(Parameters...), const Arguments&... arguments) {
    for (const auto& observer : observers_) ((*observer).*what)(arguments...);
  }
  template <class Work>
  void on_strand(Work work) {
    boost::asio::post(
        strand_, [self = shared_from_this(), work = std::move(work)]() mutable { work(*self); });
  }

  // constant after construction
  const SessionConfig config_;
  const SessionParts parts_;
  const SessionObservers observers_;
  const Strand strand_;
  const std::shared_ptr<std::weak_ptr<Session>> self_ = std::make_shared<std::weak_ptr<Session>>();
  const RunBegin begin_;

  // self-synchronised
  std::unique_ptr<Timekeeper> timekeeper_;
  std::unique_ptr<ports::RecogniserStream> stream_;
  const std::shared_ptr<EventInbox> inbox_ = std::make_shared<EventInbox>();
  AudioIntake audio_;
  Timeline timeline_;
  SessionLife life_;
  StatusBoard status_;
  Attendance attendance_;

  // on the strand
  engine::Engine engine_;
  engine::Commands commands_;
  std::optional<Shadow> shadow_;  ///< none where it is not wanted
  CaptionFanout fanout_;
  StoreBeforeShow settled_;
  SessionMeter meter_;
  milliseconds recognised_{0};
  std::optional<SegmentId> open_;  ///< the segment that somebody sees, and that has not ended
  RecentLag lag_;
  std::vector<std::function<void()>> idle_handlers_, end_handlers_;
};

}  // namespace sotto::pipeline
