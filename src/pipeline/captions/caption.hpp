#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/segment.hpp"
#include "pipeline/captions/listener_id.hpp"

namespace sotto::pipeline {

/// What those who follow one language should now see for one segment, in place of whatever they saw
/// for it.
struct Caption {
  Segment segment;  ///< in `language`
  Language language;
  bool final = false;           ///< the segment has ended; only a correction can follow
  bool translated = true;       ///< false: translation failed and this is the source text
  std::string source;           ///< of a translation: the text it translates
  std::size_t reuse_bytes = 0;  ///< of a caption of the source: engine::ShowCaption::reuse_bytes
  /// Of the source: it reads as before, and is for those who were shown it in place of a
  /// translation.
  bool again = false;
  SessionTime captured{};  ///< when its last word was, on the session's clock
  std::string json;        ///< its message, once it is encoded
};
using SharedCaption = std::shared_ptr<const Caption>;

/// Its text as it stands, words that may still change included.
std::string whole_text(const Segment& segment);

/// Encodes its message, once for all listeners:
/// {"type":"caption","seq","segment","lang","text","provisional","final","translated","start","end"}
/// and, for translations, "source".
SharedCaption encode(Caption caption);

/// A session's life: before its first audio, while it lasts (the speaker may pause, or be away: no
/// audio comes although nobody paused), after its end.
enum class SessionState : std::uint8_t { waiting, live, paused, away, ended };

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
  /// Who it is; none: it is not counted among the session's listeners. Constant.
  virtual std::optional<ListenerId> id() const { return std::nullopt; }
  /// It is counted, and may rate the session under its id. Once, after the first state.
  virtual void on_counted() {}
};

}  // namespace sotto::pipeline
