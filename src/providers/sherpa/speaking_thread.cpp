#include "providers/sherpa/speaking_thread.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include "base/utf8.hpp"
#include "providers/espeak/phonemes.hpp"
#include "providers/sherpa/clauses.hpp"
#include "providers/sherpa/frames.hpp"

namespace sotto::providers::sherpa {

using ports::SpokenAudio;
using supervision::WaitLimit;

namespace {

constexpr int default_rate = 22'050;
constexpr milliseconds silence{100};
/// Voices say 10 to 14 letters of phonemes a second, spaces and stress marks included.
constexpr std::size_t letters_per_second = 16;
/// Shorter speech is no measure of how fast the machine is.
constexpr milliseconds shortest_measured{500};

bool is_refusal(const Result<SpokenAudio>& result) {
  return !result && result.error().code == ErrorCode::invalid_argument;
}

std::size_t letters_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return !utf8::is_continuation(byte); }));
}

milliseconds duration_of(const SpokenAudio& audio) {
  return milliseconds{static_cast<milliseconds::rep>(audio.samples.size()) * 1'000 /
                      std::max(audio.sample_rate, 1)};
}

SpokenAudio silence_of(int sample_rate) {
  const auto samples = static_cast<std::size_t>(sample_rate * silence.count() / 1'000);
  return {sample_rate, std::vector<std::int16_t>(samples)};
}

/// One answer of another synthesiser, and the event that says it is there.
struct Waiting {
  supervision::Event there;
  std::mutex mutex;
  std::optional<Result<SpokenAudio>> answer;  // guarded by mutex
};

}  // namespace

SpeakingThread::SpeakingThread(const Settings& settings, VoiceFiles voice, espeak::Program espeak)
    : settings_(settings),
      voice_(std::move(voice)),
      espeak_(std::move(espeak)),
      requests_(settings.max_queued),
      back_off_(settings.first_back_off, settings.largest_back_off),
      breaker_(settings.failures_to_open, settings.open_for) {}

void SpeakingThread::submit(std::string text, ports::Synthesiser::Completion done) {
  auto refused =
      requests_.submit({std::move(text), std::move(done), Clock::now()}, [this] { run(); });
  if (!refused) return;
  refused->request.done(
      tl::unexpected(supervision::refusal_error(refused->reason, settings_.max_queued, engine)));
}

std::optional<pid_t> SpeakingThread::process_group() const {
  const pid_t group = group_.load();
  if (group == 0) return std::nullopt;
  return group;
}

void SpeakingThread::run() {
  supervision::block_sigpipe();
  while (auto request = requests_.next([this] { idle(); })) {
    request->done(answer(*request));
    start_ahead();
    idle_since_ = Clock::now();
  }
  drop_process();
  while (auto open = requests_.take_open()) open->done(supervision::shutting_down(engine));
}

// A process that ends between two texts is missed by the next one, which starts another.
void SpeakingThread::idle() {
  if (!process_) {
    requests_.wait();
    return;
  }
  const auto left =
      std::chrono::ceil<milliseconds>(idle_since_ + settings_.idle_stop - Clock::now());
  const auto woken = requests_.wait(process_->output(), left);
  if (woken.timed_out || (woken.other && !process_->look())) drop_process();
}

Result<SpokenAudio> SpeakingThread::answer(const Request& request) {
  const auto now = Clock::now();
  if (settings_.otherwise && now - request.since > settings_.longest_wait)
    return otherwise(request.text, {ErrorCode::unavailable, "too many texts wait", {}});
  if (!process_ && now < start_allowed_at_)
    return otherwise(request.text, {ErrorCode::unavailable,
                                    std::string(engine) + " has failed and is started again soon",
                                    {}});
  if (!breaker_.allows(now))
    return otherwise(request.text, {ErrorCode::unavailable,
                                    std::string(engine) + " keeps failing; the next try is in " +
                                        std::to_string(breaker_.remaining(now).count()) + " ms",
                                    {}});
  was_late_ = false;
  auto speech = attempt(request.text, {now + settings_.deadline, requests_.stop_fd(), engine});
  if (requests_.stopping() && !speech) return supervision::shutting_down(engine);
  if (was_late_ || (!speech && !is_refusal(speech)))
    note_failure();
  else
    note_success();
  if (speech) return speech;
  return otherwise(request.text, std::move(speech.error()));
}

Result<SpokenAudio> SpeakingThread::attempt(const std::string& text, const WaitLimit& limit) {
  Sentences spoken;
  for (const Clause& clause : clauses_of(text)) {
    const auto phonemes = espeak::phonemes_of(espeak_, voice_.espeak_voice, clause.text, limit);
    if (!phonemes) return tl::unexpected(phonemes.error());
    spoken.add(*phonemes, clause.mark);
  }
  const std::vector<std::string> sentences = spoken.take();
  std::size_t letters = 0;
  for (const std::string& sentence : sentences) letters += letters_in(sentence);
  if (letters >
      letters_per_second * static_cast<std::size_t>(settings_.longest_speech.count()) / 1'000)
    return fail(ErrorCode::invalid_argument,
                "the text takes more than " +
                    std::to_string(settings_.longest_speech.count() / 1'000) +
                    " s to say; send it in parts",
                "text");
  if (sentences.empty()) return silence_of(process_ ? process_->sample_rate() : default_rate);
  if (process_ && !process_->look()) drop_process();
  if (!process_)
    if (const auto started = start_process(); !started) return tl::unexpected(started.error());
  if (const auto ready = process_->wait_ready(limit); !ready) {
    // One that is only slow goes on loading: that has a longer deadline of its own.
    const bool may_go_on = ready.error().code == ErrorCode::deadline_exceeded &&
                           Clock::now() < started_at_ + settings_.start_deadline;
    if (!may_go_on) drop_process();
    return tl::unexpected(ready.error());
  }
  const auto began = Clock::now();
  auto speech = process_->speak(sentences, limit);
  if (!speech && !is_refusal(speech)) drop_process();
  if (speech && duration_of(*speech) >= shortest_measured)
    was_late_ =
        std::chrono::duration<double>(Clock::now() - began) >
        settings_.largest_real_time_factor * std::chrono::duration<double>(duration_of(*speech));
  return speech;
}

Result<SpokenAudio> SpeakingThread::otherwise(const std::string& text, Error why) {
  if (!settings_.otherwise || requests_.stopping()) return tl::unexpected(std::move(why));
  const auto waiting = std::make_shared<Waiting>();
  settings_.otherwise->speak(voice_.language, text, [waiting](Result<SpokenAudio> answer) {
    const std::lock_guard lock(waiting->mutex);
    waiting->answer = std::move(answer);
    waiting->there.signal();
  });
  // The other one keeps to a deadline of its own.
  const WaitLimit limit{Clock::now() + std::chrono::minutes{1}, requests_.stop_fd(), engine};
  const auto ready = supervision::wait_ready(waiting->there.fd(), -1, limit);
  const std::lock_guard lock(waiting->mutex);
  if (waiting->answer) return std::move(*waiting->answer);
  return tl::unexpected(ready ? std::move(why) : ready.error());
}

Result<> SpeakingThread::start_process() {
  auto process = VoiceProcess::start(settings_, voice_);
  if (!process) return tl::unexpected(process.error());
  process_.emplace(std::move(*process));
  group_ = process_->group();
  started_at_ = Clock::now();
  return {};
}

// The voice of the next text is loaded before it comes.
void SpeakingThread::start_ahead() {
  if (process_ || requests_.stopping() || Clock::now() < start_allowed_at_) return;
  (void)start_process();
}

void SpeakingThread::drop_process() {
  group_ = 0;
  process_.reset();
}

void SpeakingThread::note_success() {
  breaker_.succeeded();
  back_off_.reset();
  voice_speaks_ = true;
}

void SpeakingThread::note_failure() {
  const auto now = Clock::now();
  breaker_.failed(now);
  if (!process_) start_allowed_at_ = now + back_off_.next();
  if (breaker_.remaining(now) > milliseconds{0}) voice_speaks_ = false;
}

}  // namespace sotto::providers::sherpa
