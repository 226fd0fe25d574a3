#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/session_time.hpp"
#include "engine/command.hpp"

namespace sotto::pipeline {

/// What listeners of one language should now see for one segment, in place of whatever they saw for
/// it.
struct Caption {
  /// The session's settled revisions so far, this one counted if `final`. Shared by all languages;
  /// a listener that reconnects says the highest one it has of a final caption.
  std::uint64_t seq = 0;
  engine::SegmentId segment{};
  Language language;
  std::string text;         ///< words that stand
  std::string provisional;  ///< words after them that may still change, with their leading space
  bool final = false;       ///< the segment has ended; only a correction can follow
  bool translated = true;   ///< false: translation failed and this is the source text
  SessionTime start{};      ///< where its first word begins in the audio
  SessionTime end{};        ///< where its last word ends
  std::string source;       ///< of a translation: the text it translates
};

/// A caption and its JSON message, encoded once for all listeners.
struct EncodedCaption {
  Caption caption;
  std::string json;
};
using SharedCaption = std::shared_ptr<const EncodedCaption>;

/// Encodes:
/// {"type":"caption","seq","segment","lang","text","provisional","final","translated","start","end"}
/// and, for translations, "source".
SharedCaption encode(Caption caption);

/// A session's life: before its first audio, while it lasts (the speaker may pause), after its end.
enum class SessionState : std::uint8_t { waiting, live, paused, ended };

/// The JSON name, such as "live".
std::string_view to_string(SessionState state);

/// Someone who follows a session in one language. Called on the session's strand; must return
/// quickly and keep its own bounded queue.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_caption(const SharedCaption& caption) = 0;
  /// A caption that this listener has missed, before it joined or while it was away.
  virtual void on_backlog(const SharedCaption& caption) { on_caption(caption); }
  virtual void on_state(SessionState state) = 0;
};

}  // namespace sotto::pipeline
