#pragma once

#include <filesystem>
#include <functional>
#include <istream>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "transcript/event.hpp"

namespace sotto::replay {

/// An event as it was recorded.
struct RecordedEvent {
  SessionId session;
  SessionTime arrival{};  ///< on the session's clock
  transcript::Event event;
};

/// Reads recorded events, one JSON object a line in the shape of transcript::Decoder, and hands
/// each to `take` in the order of the file; empty lines are passed over. An event without
/// `SessionId` belongs to the session "recording"; one without `ArrivalMs` arrived when the audio
/// had come as far as its results reach, and not before the one before it. The event that `take`
/// gets may be moved from. Errors: `invalid_argument` naming `name`, the line and the member.
Result<> read_events(std::istream& in, const std::string& name,
                     const std::function<void(RecordedEvent&)>& take);

/// The same of a file, or of standard input for "-". Errors also: `not_found`.
Result<> read_events(const std::filesystem::path& file,
                     const std::function<void(RecordedEvent&)>& take);

}  // namespace sotto::replay
