#include "pipeline/caption.hpp"

#include <boost/json.hpp>

#include "json/text.hpp"

namespace sotto::pipeline {

SharedCaption encode(Caption caption) {
  boost::json::object message;
  message["type"] = "caption";
  message["seq"] = caption.seq;
  message["segment"] = static_cast<std::uint32_t>(caption.segment);
  message["lang"] = caption.language.str();
  message["text"] = caption.text;
  message["provisional"] = caption.provisional;
  message["final"] = caption.final;
  message["translated"] = caption.translated;
  if (!caption.source.empty()) message["source"] = caption.source;
  message["start"] = to_seconds(caption.start);
  message["end"] = to_seconds(caption.end);
  auto encoded = std::make_shared<EncodedCaption>();
  encoded->json = json::to_text(message);
  encoded->caption = std::move(caption);
  return encoded;
}

std::string_view to_string(SessionState state) {
  switch (state) {
    case SessionState::waiting: return "waiting";
    case SessionState::live: return "live";
    case SessionState::paused: return "paused";
    case SessionState::ended: return "ended";
  }
  return "ended";
}

}  // namespace sotto::pipeline
