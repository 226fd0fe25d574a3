#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "transcript/codec.hpp"
#include "transcript/event.hpp"

namespace sotto::lambda {

/// What a recogniser said.
struct Transcript {
  transcript::Event event;
  std::optional<SessionTime> arrival = std::nullopt;  ///< on the session's clock
};

/// A stretch of audio, which is recognised by itself: whoever writes the stream cuts at pauses.
struct AudioChunk {
  Language language;
  milliseconds offset{0};             ///< where it begins in the session's audio
  std::vector<std::int16_t> samples;  ///< 16 kHz, mono
};

/// The session ends: nothing follows.
struct SessionEnd {
  std::optional<SessionTime> arrival = std::nullopt;
};

using RecordContent = std::variant<Transcript, AudioChunk, SessionEnd>;

/// Reads the data of records, each a JSON object:
///
///   a transcript event   as transcript::Decoder reads it, `SessionId` and `ArrivalMs` included
///   audio                {"Audio":BASE64 of 16-bit little-endian PCM, 16 kHz mono,
///                         "OffsetMs":n (0), "LanguageCode":"en-US" ("en")}
///   the end              {"EndOfAudio":true, "ArrivalMs":n}
///
/// Keeps its parser's memory between calls. Not thread-safe.
class RecordReader {
 public:
  /// Errors: `invalid_argument` naming the member at fault, `SessionId` where that is another
  /// session's than `session`.
  Result<RecordContent> read(std::string_view data, const SessionId& session);

 private:
  transcript::Decoder decoder_;
};

}  // namespace sotto::lambda
