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

/// Receives a recogniser's results for one stream. Called from any thread, in order, one call at a
/// time for each stream. A call must return quickly (post the work elsewhere). There is no call
/// after the stream's destructor has returned.
struct RecogniserSink {
  /// A hypothesis; times are places in the stream's audio.
  std::function<void(transcript::Event)> on_event;
  /// How far the stream has been recognised; called after each piece of audio, and after the
  /// results for it.
  std::function<void(milliseconds)> on_progress;
  /// The last call for a stream: a value after finish() once all results have been given, or the
  /// engine's error.
  std::function<void(Result<>)> on_end;
};

/// What a stream did with the samples of one push().
enum class [[nodiscard]] Pushed : std::uint8_t{
    taken,
    full,  ///< nothing was taken: the stream is too far behind; try again later
    over,  ///< nothing is taken any more: finish() was called, or the stream has ended
    busy,  ///< nothing was taken: every recogniser is in use; try again later. Of shared ones only
};

/// One session's audio being recognised. All methods are thread-safe.
class RecogniserStream {
 public:
  /// Stops, and waits until a running call of the sink has returned. Must not be called from the
  /// sink.
  virtual ~RecogniserStream() = default;

  /// Hands over 16 kHz mono samples; never blocks. All are taken or none. A stream that is not
  /// behind takes at least 100 ms. On `full` the caller drops the samples, ends the stream, or
  /// tries again while recognised() grows; on `over` it ends. After on_end() the answer is `over`.
  virtual Pushed push(std::span<const std::int16_t> samples) = 0;

  /// How much of the pushed audio has been recognised. The lag is the audio that push() took minus
  /// this.
  virtual milliseconds recognised() const = 0;

  /// No more audio follows: the rest is recognised, its final results are given, then on_end() is
  /// called. Later calls of push() answer `over`; later calls of finish() do nothing.
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

  /// The measured stability of this recogniser's words; nothing if its events have `Stable` flags
  /// or if it was not measured.
  virtual std::optional<transcript::StabilityCalibration> calibration(
      const Language& language) const = 0;
};

}  // namespace sotto::ports
