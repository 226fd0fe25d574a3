#include "replay/event_file.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <unordered_map>

#include "transcript/codec.hpp"

namespace sotto::replay {

Result<> read_events(std::istream& in, const std::string& name,
                     const std::function<void(RecordedEvent&)>& take) {
  transcript::Decoder decoder;
  RecordedEvent recorded;
  std::unordered_map<SessionId, SessionTime> last;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto envelope = decoder.decode(line, recorded.event);
    if (!envelope) {
      Error error = envelope.error();
      error.message = name + " line " + std::to_string(number) + ": " + error.message;
      return tl::unexpected(std::move(error));
    }
    recorded.session =
        SessionId{std::string(envelope->session.empty() ? "recording" : envelope->session)};
    SessionTime& before = last[recorded.session];
    SessionTime reached = before;
    for (std::size_t i = 0; i < recorded.event.size(); ++i)
      reached = std::max(reached, recorded.event[i].end);
    recorded.arrival = before = envelope->arrival.value_or(reached);
    take(recorded);
  }
  if (in.bad()) return fail(ErrorCode::unavailable, "cannot read " + name, "events");
  return {};
}

Result<> read_events(const std::filesystem::path& file,
                     const std::function<void(RecordedEvent&)>& take) {
  if (file == "-") return read_events(std::cin, "standard input", take);
  std::ifstream in(file);
  if (!in || std::filesystem::is_directory(file))
    return fail(ErrorCode::not_found, "cannot open " + file.string() + "; name a file of events",
                "events");
  return read_events(in, file.string(), take);
}

}  // namespace sotto::replay
