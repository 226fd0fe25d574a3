#include "pipeline/captions/caption.hpp"

#include <boost/json.hpp>
#include <utility>

#include "json/text.hpp"

namespace sotto::pipeline {

std::string whole_text(const Segment& segment) { return segment.text + segment.provisional; }

SharedCaption encode(Caption caption) {
  const Segment& segment = caption.segment;
  boost::json::object message;
  message["type"] = "caption";
  message["seq"] = segment.seq;
  message["segment"] = static_cast<std::uint32_t>(segment.id);
  message["lang"] = caption.language.str();
  message["text"] = segment.text;
  message["provisional"] = segment.provisional;
  message["final"] = caption.final;
  message["translated"] = caption.translated;
  if (!caption.source.empty()) message["source"] = caption.source;
  message["start"] = to_seconds(segment.start);
  message["end"] = to_seconds(segment.end);
  caption.json = json::to_text(message);
  return std::make_shared<const Caption>(std::move(caption));
}

std::string_view to_string(SessionState state) {
  switch (state) {
    case SessionState::waiting: return "waiting";
    case SessionState::live: return "live";
    case SessionState::paused: return "paused";
    case SessionState::away: return "away";
    case SessionState::ended: return "ended";
  }
  return "ended";
}

}  // namespace sotto::pipeline
