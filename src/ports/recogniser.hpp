#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "transcript/event.hpp"
#include "transcript/stability_calibration.hpp"

namespace sotto::ports {

/// What a recogniser says of one stream. Called from any thread, one call at a time for each
/// stream, in order; a call must return quickly (post the work elsewhere). None is made after the
/// stream's destructor has returned.
struct RecogniserSink {
  /// A hypothesis; times are places in the stream's audio.
  std::function<void(transcript::Event)> on_event;
  /// After each stretch of audio and after what was said of it: how far the stream has been
  /// recognised.
  std::function<void(milliseconds)> on_progress;
  /// The last call for a stream: finish() was asked for and everything was said (a value), or the
  /// engine failed.
  std::function<void(Result<>)> on_end;
};

/// What became of samples that were handed to a stream.
enum class [[nodiscard]] Pushed : std::uint8_t{
    taken,
    full,  ///< nothing was taken: the stream is too far behind; later there may be room
    over,  ///< nothing was taken, nor will ever be: finish() was called, or the stream has ended
};

/// One talk being recognised. All methods are thread-safe.
class RecogniserStream {
 public:
  /// Stops; waits for a call into the sink that is under way. Never call it from the sink.
  virtual ~RecogniserStream() = default;

  /// Hands over 16 kHz mono samples, never blocking. A stream that is not behind takes at least
  /// 100 ms of them. All are taken or none: on `full` the caller drops, ends, or tries again, for
  /// as long as recognised() grows; on `over` it ends. From the call of on_end() on it is `over`.
  virtual Pushed push(std::span<const std::int16_t> samples) = 0;

  /// How much of the pushed audio has been recognised so far. What push() took less this is the
  /// lag.
  virtual milliseconds recognised() const = 0;

  /// No more audio follows: the rest is recognised, its finals are said, then on_end(). Further
  /// calls of push() answer `over`; those of finish() do nothing.
  virtual void finish() = 0;
};

/// A speech recogniser: Amazon Transcribe, PocketSphinx, a Vosk server, recorded events.
/// Thread-safe. It outlives its streams.
class Recogniser {
 public:
  virtual ~Recogniser() = default;

  /// The spoken languages it can recognise.
  virtual std::vector<Language> languages() const = 0;

  /// Begins a stream. Errors: `not_found` where the language or its model is missing,
  /// `resource_exhausted` where no more streams are allowed, `unavailable` where the engine is
  /// down.
  virtual Result<std::unique_ptr<RecogniserStream>> open(const Language& language,
                                                         RecogniserSink sink) = 0;

  /// How stable this recogniser's words are, where it was measured; nothing for one whose events
  /// carry `Stable` flags or that nobody has measured.
  virtual std::optional<transcript::StabilityCalibration> calibration(
      const Language& language) const = 0;
};

}  // namespace sotto::ports
