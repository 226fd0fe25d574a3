#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/segment.hpp"
#include "base/session_time.hpp"
#include "pipeline/captions/caption.hpp"

namespace sotto::pipeline {

/// A piece of speech in one language: said once, never taken back.
struct Speech {
  SegmentId segment{};
  Language language;
  std::string text;
  SessionTime start{};                ///< where its first word begins in the session's audio
  SessionTime end{};                  ///< where its last word ends
  SessionTime captured{};             ///< when that was, on the session's clock
  int sample_rate = 0;                ///< Hz; 0 where it could not be translated or synthesised
  std::vector<std::int16_t> samples;  ///< mono
};
using SharedSpeech = std::shared_ptr<const Speech>;

/// Someone who hears a session in one language. Called on the session's strand; must return quickly
/// and keep its own bounded queue.
class SpeechListener {
 public:
  virtual ~SpeechListener() = default;
  virtual void on_speech(const SharedSpeech& speech) = 0;
  virtual void on_state(SessionState state) = 0;
  virtual std::optional<ListenerId> id() const { return std::nullopt; }  ///< as Listener::id()
  virtual void on_counted() {}                                           ///< as there
};

}  // namespace sotto::pipeline
