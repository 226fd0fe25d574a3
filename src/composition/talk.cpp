#include "composition/talk.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "audio/resampler.hpp"
#include "audio/wav_reader.hpp"
#include "base/sample_clock.hpp"
#include "pipeline/session/session.hpp"
#include "telemetry/process_usage.hpp"
#include "transcript/codec.hpp"

namespace sotto::composition {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t chunk = 1600;  // 100 ms at 16 kHz

// The finished captions of all languages, by segment; also says when the talk has ended.
class Collector : public pipeline::Listener {
 public:
  explicit Collector(std::function<void(const pipeline::Caption&)> on_caption)
      : on_caption_(std::move(on_caption)) {}

  void on_caption(const pipeline::SharedCaption& shared) override {
    const pipeline::Caption& caption = *shared;
    if (caption.final) {
      TalkSegment& segment = segments_[caption.segment.id];
      segment.start = caption.segment.start;
      segment.end = caption.segment.end;
      segment.text[caption.language] = caption.segment.text;
    }
    if (on_caption_) on_caption_(caption);
  }

  void on_state(pipeline::SessionState state) override {
    if (state == pipeline::SessionState::ended && !std::exchange(said_, true)) ended_.set_value();
  }

  std::future<void> ended() { return ended_.get_future(); }

  // After the end.
  std::vector<TalkSegment> segments(const Language& source) const {
    std::vector<TalkSegment> all;
    for (const auto& [id, segment] : segments_)
      if (const auto text = segment.text.find(source);
          text != segment.text.end() && !text->second.empty())
        all.push_back(segment);
    return all;
  }

 private:
  const std::function<void(const pipeline::Caption&)> on_caption_;
  std::map<SegmentId, TalkSegment> segments_;  // on the session's strand
  std::promise<void> ended_;
  bool said_ = false;
};

// A listener follows one language: this one hands its own on to the collector of all.
class Follower : public pipeline::Listener {
 public:
  explicit Follower(std::shared_ptr<Collector> collector) : collector_(std::move(collector)) {}
  void on_caption(const pipeline::SharedCaption& caption) override {
    collector_->on_caption(caption);
  }
  void on_state(pipeline::SessionState state) override { collector_->on_state(state); }

 private:
  const std::shared_ptr<Collector> collector_;
};

// The recording at 16 kHz in pieces of 100 ms; the last is shorter.
class Source {
 public:
  static Result<Source> open(const std::filesystem::path& path) {
    auto reader = audio::WavReader::open(path);
    if (!reader) return tl::unexpected(reader.error());
    auto resampler = audio::Resampler::create(reader->sample_rate());
    if (!resampler) return tl::unexpected(resampler.error());
    return Source(std::move(*reader), std::move(*resampler));
  }

  double seconds() const { return static_cast<double>(reader_.frames()) / reader_.sample_rate(); }

  Result<std::span<const std::int16_t>> next() {
    samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(given_));
    while (samples_.size() < chunk && !at_end_) {
      const auto count = reader_.read(buffer_);
      if (!count) return tl::unexpected(count.error());
      at_end_ = *count == 0;
      if (at_end_) {
        resampler_.flush(samples_);
      } else {
        resampler_.process(std::span(buffer_).first(*count), samples_);
      }
    }
    given_ = std::min(chunk, samples_.size());
    return std::span<const std::int16_t>(samples_).first(given_);
  }

 private:
  Source(audio::WavReader reader, audio::Resampler resampler)
      : reader_(std::move(reader)), resampler_(std::move(resampler)), buffer_(4800) {}

  audio::WavReader reader_;
  audio::Resampler resampler_;
  std::vector<std::int16_t> buffer_, samples_;
  std::size_t given_ = 0;
  bool at_end_ = false;
};

bool is_ready(const std::future<void>& future, milliseconds patience) {
  return future.wait_for(patience) == std::future_status::ready;
}

Result<> stuck(milliseconds patience) {
  const auto waited = std::chrono::duration_cast<std::chrono::seconds>(patience).count();
  return fail(ErrorCode::deadline_exceeded, "recogniser and translator have made no progress for " +
                                                std::to_string(waited) + " s; giving up");
}

Result<> wait_until_idle(const std::shared_ptr<pipeline::Session>& session, milliseconds patience) {
  auto idle = std::make_shared<std::promise<void>>();
  session->when_idle([idle] { idle->set_value(); });
  return is_ready(idle->get_future(), patience) ? Result<>{} : stuck(patience);
}

// Plays at the recording's own pace on the wall clock, or on `clock`, which then moves with the
// audio and waits for the session at each step.
Result<> feed(Source& source, const std::shared_ptr<pipeline::Session>& session,
              pipeline::ManualTimekeeper* clock, const TalkOptions& options) {
  const auto began = Clock::now();
  milliseconds played{0};
  for (;;) {
    const auto samples = source.next();
    if (!samples) return tl::unexpected(samples.error());
    if (samples->empty()) return {};
    played += length_of(samples->size());
    if (clock) {
      while (!clock->advance_to(SessionTime{played}))  // each time, one more timer has fired
        if (auto idle = wait_until_idle(session, options.patience); !idle) return idle;
    } else {
      std::this_thread::sleep_until(began + played);  // a microphone gives sound when it has passed
    }
    ports::Pushed pushed = session->push_audio(*samples);
    for (const auto since = Clock::now(); pushed == ports::Pushed::full;
         pushed = session->push_audio(*samples)) {  // 30 s behind: the machine is too slow
      if (Clock::now() - since > options.patience) return stuck(options.patience);
      std::this_thread::sleep_for(milliseconds{20});
    }
    if (pushed == ports::Pushed::over)
      return fail(ErrorCode::unavailable, "the recogniser ended before the recording did");
    if (clock && samples->size() == chunk)
      if (auto idle = wait_until_idle(session, options.patience); !idle) return idle;
    if (options.on_progress) options.on_progress(to_seconds(played), source.seconds());
  }
}

// Of a session that has ended: the answer waits for nobody but the session's thread, which never
// blocks.
template <class T>
T ask(const std::function<void(std::function<void(const T&)>)>& question) {
  std::promise<T> answer;
  question([&](const T& value) { answer.set_value(value); });
  return answer.get_future().get();
}

// One thread that runs an io_context for as long as it lives.
class Loop {
 public:
  Loop() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {}
  ~Loop() { stop(); }
  asio::io_context& io() { return io_; }

  // Nothing of it runs any more when this returns.
  void stop() {
    work_.reset();
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

// What a session uses.
struct Stage {
  std::ofstream events;
  pipeline::TranslationCache cache;
  Loop loop;  // last: its thread uses the rest
};

// An engine that is stuck may still answer into it, so that it stays for as long as the process.
void leave_behind(std::unique_ptr<Stage> stage) {
  static std::mutex one_at_a_time;
  static auto& all = *new std::vector<std::unique_ptr<Stage>>;
  stage->loop.stop();
  const std::lock_guard lock(one_at_a_time);
  all.push_back(std::move(stage));
}

// Writes what the recogniser says to a file.
class EventSaver : public pipeline::SessionObserver {
 public:
  EventSaver(std::ofstream& out, std::string session, const Language& language)
      : out_(out), session_(std::move(session)), language_(language.str()) {}

  void on_event(const transcript::Event& event, SessionTime now) override {
    out_ << transcript::encode(event, {session_, now, language_}) << '\n';
  }

 private:
  std::ofstream& out_;
  const std::string session_, language_;
};

pipeline::SessionConfig session_config(const TalkOptions& options) {
  pipeline::SessionConfig config;
  config.id = SessionId{"recording"};
  config.language = options.language;
  config.engine.translation_budget = options.translation_budget;
  config.engine.mode = options.final_only ? engine::Mode::final_only : engine::Mode::partial;
  config.shadow = false;  // nobody compares
  return config;
}

}  // namespace

Result<Talk> play_talk(const TalkOptions& options, const Engines& engines) {
  auto source = Source::open(options.recording);
  if (!source) return tl::unexpected(source.error());
  auto stage = std::make_unique<Stage>();
  std::ofstream& events = stage->events;
  if (!options.events_out.empty()) {
    events.open(options.events_out);
    if (!events)
      return fail(ErrorCode::unavailable, "cannot write " + options.events_out.string(),
                  "events-out");
  }

  pipeline::ManualTimekeeper* clock = nullptr;
  pipeline::SessionParts parts;
  parts.executor = stage->loop.io().get_executor();
  parts.recogniser = engines.recogniser.get();
  parts.translator = engines.translator.get();
  parts.cache = &stage->cache;
  if (!options.real_time)
    parts.timekeeper = [&clock](const asio::any_io_executor&) {
      auto manual = std::make_unique<pipeline::ManualTimekeeper>();
      clock = manual.get();
      return manual;
    };
  const double cpu_before = telemetry::process_tree_usage().cpu_seconds;
  pipeline::SessionObservers observers;
  if (events.is_open())
    observers.push_back(
        std::make_shared<EventSaver>(events, options.recording.stem().string(), options.language));
  auto session = pipeline::Session::start(session_config(options), parts, std::move(observers));
  if (!session) return tl::unexpected(session.error());
  const auto collector = std::make_shared<Collector>(options.on_caption);
  std::vector<Language> languages{options.language};
  languages.insert(languages.end(), options.targets.begin(), options.targets.end());
  for (const Language& language : languages)
    (*session)->subscribe(language, std::nullopt, std::make_shared<Follower>(collector),
                          [](const Result<>&) {});

  auto ended = collector->ended();
  const auto fed = feed(*source, *session, clock, options);
  (*session)->finish();
  if (!is_ready(ended, options.patience)) {
    leave_behind(std::move(stage));
    return tl::unexpected(fed ? stuck(options.patience).error() : fed.error());
  }
  if (const auto outcome = (*session)->outcome(); !outcome) return tl::unexpected(outcome.error());
  if (!fed) return tl::unexpected(fed.error());

  Talk talk;
  talk.segments = collector->segments(options.language);
  talk.figures = ask<pipeline::SessionFigures>([&](auto done) { (*session)->figures(done); });
  talk.audio_seconds = source->seconds();
  talk.cpu_seconds = telemetry::process_tree_usage().cpu_seconds - cpu_before;
  if (events.is_open() && !events.flush())
    return fail(ErrorCode::unavailable, "cannot write " + options.events_out.string(),
                "events-out");
  return talk;
}

}  // namespace sotto::composition
