#include "providers/espeak/voice_worker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sotto::providers::espeak {

using ports::SpokenAudio;
using supervision::WaitLimit;

namespace {

/// Whether the text is at fault and not the engine.
bool is_refusal(const Result<SpokenAudio>& result) {
  return !result && result.error().code == ErrorCode::invalid_argument;
}

milliseconds time_until(supervision::SupervisionTime moment) {
  return std::chrono::ceil<milliseconds>(moment - std::chrono::steady_clock::now());
}

}  // namespace

VoiceWorker::VoiceWorker(const Settings& settings, Program program, std::string voice_file)
    : settings_(settings),
      program_(std::move(program)),
      voice_file_(std::move(voice_file)),
      requests_(settings.max_queued),
      back_off_(settings.first_back_off, settings.largest_back_off),
      breaker_(settings.failures_to_open, settings.open_for) {}

void VoiceWorker::submit(std::string text, ports::Synthesiser::Completion done) {
  auto refused = requests_.submit({std::move(text), std::move(done)}, [this] { run(); });
  if (!refused) return;
  refused->request.done(
      tl::unexpected(supervision::refusal_error(refused->reason, settings_.max_queued, engine)));
}

std::optional<pid_t> VoiceWorker::process_group() const {
  const pid_t group = group_.load();
  if (group == 0) return std::nullopt;
  return group;
}

void VoiceWorker::run() {
  supervision::block_sigpipe();
  while (auto request = requests_.next([this] { idle(); })) {
    auto speech = answer(request->text);
    const bool works = speech || is_refusal(speech);
    request->done(std::move(speech));
    // The answer is on its way: now there is time to start the next one's process. Where that
    // fails, the next one will say so.
    if (works && !requests_.stopping()) start_speaker();
    replaced_when_idle_ = false;
    idle_since_ = std::chrono::steady_clock::now();
  }
  drop_speaker();
  while (auto open = requests_.take_open()) open->done(supervision::shutting_down(engine));
}

/// Waits for something to do. A speaker that ends meanwhile is replaced, but once between two
/// answers: a program that ends whenever it is started is not started in a circle.
void VoiceWorker::idle() {
  const milliseconds left = time_until(idle_since_ + settings_.idle_stop);
  const auto woken = speaker_ ? requests_.wait(speaker_->output(), left) : requests_.wait();
  if (woken.timed_out) drop_speaker();
  if (woken.other) {
    drop_speaker();
    if (!std::exchange(replaced_when_idle_, true)) start_speaker();
  }
}

Result<SpokenAudio> VoiceWorker::answer(const std::string& text) {
  const WaitLimit limit{std::chrono::steady_clock::now() + settings_.deadline, requests_.stop_fd(),
                        engine};
  Result<SpokenAudio> result;
  for (int attempts = 0; attempts < 2; ++attempts) {
    const auto now = std::chrono::steady_clock::now();
    if (!breaker_.allows(now)) {
      if (attempts > 0) return result;
      return fail(ErrorCode::unavailable,
                  std::string(engine) + " keeps failing; the next try is in " +
                      std::to_string(breaker_.remaining(now).count()) + " ms");
    }
    result = attempt(text, limit);
    if (result || is_refusal(result)) {
      note_success();
      return result;
    }
    if (requests_.stopping()) return supervision::shutting_down(engine);
    note_failure();
    if (result.error().code == ErrorCode::deadline_exceeded) return result;
  }
  return result;
}

Result<SpokenAudio> VoiceWorker::attempt(const std::string& text, const WaitLimit& limit) {
  if (speaker_ && !speaker_->waits()) drop_speaker();
  if (!speaker_) {
    const milliseconds wait = time_until(std::min(start_allowed_at_, limit.deadline));
    if (wait > milliseconds{0} && requests_.stop_seen_within(wait)) {
      return supervision::shutting_down(engine);
    }
    if (const auto started = start_speaker(); !started) return tl::unexpected(started.error());
  }
  auto speech = speaker_->speak(text, settings_.longest_speech, limit);
  drop_speaker();
  return speech;
}

Result<> VoiceWorker::start_speaker() {
  auto speaker = Speaker::start(program_, voice_file_);
  if (!speaker) return tl::unexpected(speaker.error());
  speaker_.emplace(std::move(*speaker));
  group_ = speaker_->group();
  return {};
}

void VoiceWorker::drop_speaker() {
  group_ = 0;
  speaker_.reset();
}

void VoiceWorker::note_success() {
  breaker_.succeeded();
  back_off_.reset();
}

void VoiceWorker::note_failure() {
  const auto now = std::chrono::steady_clock::now();
  breaker_.failed(now);
  start_allowed_at_ = now + back_off_.next();
}

}  // namespace sotto::providers::espeak
