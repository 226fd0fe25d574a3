#include "lambda/recognise.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace sotto::lambda {

namespace {

constexpr std::size_t samples_at_once = 1'600;  // 100 ms
constexpr std::chrono::milliseconds longest_invocation = std::chrono::minutes{15};

// What the recogniser's threads say.
struct Heard {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<transcript::Event> events;  // guarded by mutex, as the rest
  std::optional<Result<>> end;
};

ports::RecogniserSink sink_into(const std::shared_ptr<Heard>& heard) {
  return {.on_event =
              [heard](transcript::Event event) {
                const std::lock_guard lock(heard->mutex);
                heard->events.push_back(std::move(event));
              },
          .on_progress = [heard](milliseconds) { heard->changed.notify_all(); },
          .on_end =
              [heard](Result<> outcome) {
                {
                  const std::lock_guard lock(heard->mutex);
                  heard->end = std::move(outcome);
                }
                heard->changed.notify_all();
              }};
}

transcript::Event moved(const transcript::Event& event, milliseconds by, std::string_view prefix) {
  transcript::Event later;
  for (std::size_t i = 0; i < event.size(); ++i) {
    const transcript::RecognitionResult result = event[i];
    later.begin_result({std::string(prefix) + "-" + std::string(result.id), result.channel,
                        result.transcript, result.start + by, result.end + by, result.is_partial});
    for (transcript::Item item : result.items) {
      item.start += by;
      item.end += by;
      later.add_item(item);
    }
  }
  return later;
}

}  // namespace

Result<std::vector<transcript::Event>> recognise(ports::Recogniser* recogniser,
                                                 const AudioChunk& chunk, std::string_view prefix,
                                                 std::chrono::milliseconds patience) {
  if (!recogniser)
    return fail(ErrorCode::unavailable,
                "no recogniser is configured: send transcript events instead of audio", "Audio");
  const auto until = std::chrono::steady_clock::now() + std::min(patience, longest_invocation);
  const auto heard = std::make_shared<Heard>();
  auto stream = recogniser->open(chunk.language, sink_into(heard));
  if (!stream) return tl::unexpected(stream.error());
  const auto late = [] {
    return fail(ErrorCode::deadline_exceeded, "the recogniser did not answer in time", "Audio");
  };
  std::span<const std::int16_t> rest(chunk.samples);
  while (!rest.empty()) {
    const auto some = rest.first(std::min(rest.size(), samples_at_once));
    const ports::Pushed pushed = (*stream)->push(some);
    if (pushed == ports::Pushed::taken) rest = rest.subspan(some.size());
    if (pushed == ports::Pushed::over) break;  // it has failed: its end says how
    if (pushed != ports::Pushed::full) continue;
    std::unique_lock lock(heard->mutex);
    if (std::chrono::steady_clock::now() >= until) return late();
    heard->changed.wait_for(lock, std::chrono::milliseconds{10});
  }
  (*stream)->finish();
  {
    std::unique_lock lock(heard->mutex);
    if (!heard->changed.wait_until(lock, until, [&] { return heard->end.has_value(); }))
      return lock.unlock(), late();
  }
  stream->reset();  // nothing is said after this
  if (!*heard->end) return tl::unexpected(heard->end->error());
  if (!rest.empty())
    return fail(ErrorCode::unavailable, "the recogniser ended before the audio did", "Audio");
  std::vector<transcript::Event> events;
  for (const transcript::Event& event : heard->events)
    events.push_back(moved(event, chunk.offset, prefix));
  return events;
}

}  // namespace sotto::lambda
