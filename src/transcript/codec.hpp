#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "transcript/event.hpp"

namespace sotto::transcript {

/// The three keys that a recorded line carries beside `Transcript`: whose event it is, when it
/// arrived on the session's clock, and the spoken language. Amazon's own messages have none of
/// them.
struct Envelope {
  std::string_view session;
  std::optional<SessionTime> arrival = std::nullopt;
  std::string_view language = {};
};

/// Reads events in the JSON shape of Amazon Transcribe streaming
/// (https://docs.aws.amazon.com/transcribe/latest/APIReference/API_streaming_TranscriptEvent.html).
/// Keeps its parser's memory between calls; one decoder a thread.
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// Parses one JSON object of at most max_bytes into `event`, which is cleared first. Unknown
  /// members are ignored; only the first of a result's alternatives is read; `Results` may be
  /// missing or empty. Times are seconds from 0 to 10^7; a missing time is 0;
  /// `Confidence` is a number or one in a string. Members' names are
  /// taken as they are written, without resolving escapes. The envelope's views live until the next
  /// call or the next change of `event`. Errors: `invalid_argument` naming the member at fault;
  /// `event` is then empty.
  Result<Envelope> decode(std::string_view json, Event& event);

  /// The largest accepted message; Transcribe's own stay far below.
  static constexpr std::size_t max_bytes = 1 << 20;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One line of JSON (no line break at its end) that Decoder reads back to the same event.
/// Envelope members that are empty are left out.
std::string encode(const Event& event, const Envelope& envelope = {});

}  // namespace sotto::transcript
