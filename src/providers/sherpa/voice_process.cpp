#include "providers/sherpa/voice_process.hpp"

#include <unistd.h>

#include <csignal>
#include <optional>
#include <utility>

#include "providers/sherpa/frames.hpp"

namespace sotto::providers::sherpa {

using supervision::ChildProcess;
using supervision::WaitLimit;

namespace {

// Voices take 0.2 to 1 GB, and the model's file is copied into memory.
constexpr std::uint64_t most_data = std::uint64_t{4} << 30U, largest_model = 1U << 30U;
constexpr std::uint32_t lowest_rate = 8'000, highest_rate = 48'000;

tl::unexpected<Error> failed(const std::string& how) {
  return fail(ErrorCode::unavailable, std::string(engine) + " " + how);
}

// Sends what the child takes of `bytes` now; its stdin stays open. False where it is closed.
bool send(const ChildProcess& child, std::string_view& bytes) {
  const ssize_t wrote = ::write(child.input(), bytes.data(), bytes.size());
  if (wrote < 0) return supervision::would_block(wrote);
  bytes.remove_prefix(static_cast<std::size_t>(wrote));
  return true;
}

ports::SpokenAudio audio_of(std::string_view pcm, int sample_rate) {
  ports::SpokenAudio audio{sample_rate, {}};
  audio.samples.reserve(pcm.size() / 2);
  for (std::size_t at = 0; at + 1 < pcm.size(); at += 2)
    audio.samples.push_back(static_cast<std::int16_t>(
        static_cast<unsigned char>(pcm[at]) | static_cast<unsigned char>(pcm[at + 1]) << 8));
  return audio;
}

// Libraries that the engine's needs, ONNX Runtime, are beside it.
supervision::Confinement confinement_of(const Settings& settings, const VoiceFiles& voice) {
  supervision::Confinement confinement{.most_data = most_data, .largest_file = largest_model};
  confinement.readable = {settings.library.parent_path(), voice.model.parent_path()};
  if (!settings.scratch.empty()) confinement.writable = {settings.scratch};
  return confinement;
}

}  // namespace

Result<VoiceProcess> VoiceProcess::start(const Settings& settings, const VoiceFiles& voice) {
  auto process = ChildProcess::start(
      {{settings.program.string(), "voice-worker", settings.library.string(), voice.model.string()},
       {"PATH=" + supervision::search_path(), "LC_ALL=C.UTF-8"},
       SIGKILL,
       confinement_of(settings, voice)});
  if (!process) return fail(ErrorCode::unavailable, process.error().message);
  return VoiceProcess(std::move(*process));
}

Result<bool> VoiceProcess::take_ready() {
  if (sample_rate_ > 0) return true;
  auto frame = take_frame(received_);
  if (!frame) return tl::unexpected(frame.error());
  if (!*frame) return false;
  if ((*frame)->kind == FrameKind::failed) return failed("cannot be loaded: " + (*frame)->payload);
  const auto rate = number_in((*frame)->payload);
  if ((*frame)->kind != FrameKind::ready || !rate || *rate < lowest_rate || *rate > highest_rate)
    return failed("sent something else than speech");
  sample_rate_ = static_cast<int>(*rate);
  return true;
}

Result<> VoiceProcess::wait_ready(const WaitLimit& limit) {
  for (bool open = true;;) {
    const auto is_ready = take_ready();
    if (!is_ready) return tl::unexpected(is_ready.error());
    if (*is_ready) return {};
    if (!open) return failed("ended while it was loaded");
    const auto ready = supervision::wait_ready(process_.output(), -1, limit);
    if (!ready) return tl::unexpected(ready.error());
    open = supervision::read_some(process_.output(), received_);
  }
}

Result<ports::SpokenAudio> VoiceProcess::speak(const std::vector<std::string>& sentences,
                                               const WaitLimit& limit) {
  std::string lines;
  for (const std::string& sentence : sentences) lines += sentence + '\n';
  const std::string frame = encode(FrameKind::sentences, lines);
  std::string_view request = frame;
  for (bool open = true;;) {
    auto answer = take_frame(received_);
    if (!answer) return tl::unexpected(answer.error());
    if (*answer && !request.empty()) return failed("answered what it was not asked yet");
    if (*answer && (*answer)->kind == FrameKind::failed)
      return fail(ErrorCode::invalid_argument, (*answer)->payload, "text");
    if (*answer) {
      if ((*answer)->kind != FrameKind::speech || (*answer)->payload.size() % 2 != 0)
        return failed("sent something else than speech");
      return audio_of((*answer)->payload, sample_rate_);
    }
    if (!open) return failed("ended unexpectedly");
    const auto ready =
        supervision::wait_ready(process_.output(), request.empty() ? -1 : process_.input(), limit);
    if (!ready) return tl::unexpected(ready.error());
    if (ready->writable && !send(process_, request)) return failed("ended unexpectedly");
    if (ready->readable) open = supervision::read_some(process_.output(), received_);
  }
}

bool VoiceProcess::look() {
  if (!supervision::readable_within(process_.output(), milliseconds{0})) return true;
  if (!supervision::read_some(process_.output(), received_)) return false;
  const auto is_ready = take_ready();
  return is_ready && (!*is_ready || received_.empty());
}

}  // namespace sotto::providers::sherpa
