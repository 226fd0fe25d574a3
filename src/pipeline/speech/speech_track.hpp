#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/command.hpp"
#include "pipeline/speech/speech.hpp"
#include "ports/synthesiser.hpp"

namespace sotto::pipeline {

/// The speech of one session in one language: puts the engine's pieces together to segments, has
/// each translated and synthesised, once however many hear it, one after the other so that the
/// order stays. Text is never dropped: what waits too long in line is joined. Nothing is done while
/// nobody listens. Not thread-safe; lives on the session's strand.
class SpeechTrack {
 public:
  /// Each calls back on the strand, exactly once; may call back at once.
  using Translate = std::function<void(const std::string& text, SegmentId segment,
                                       std::function<void(Result<std::string>)>)>;
  using Synthesise =
      std::function<void(const std::string& text, std::function<void(Result<ports::SpokenAudio>)>)>;
  /// Told of every piece that was sent.
  using Sent = std::function<void(const Speech&)>;

  /// `translate` empty: this is the source language.
  SpeechTrack(Language language, Translate translate, Synthesise synthesise, Sent sent);

  void add(std::shared_ptr<SpeechListener> listener) { listeners_.push_back(std::move(listener)); }

  /// Removes a listener; with the last one all waiting work is dropped.
  void remove(const SpeechListener* listener);

  /// The next committed words, the last of which was captured at `captured`.
  void speak(const engine::Speak& piece, SessionTime captured);

  /// Tells every listener.
  void tell(SessionState state);

  std::size_t listeners() const { return listeners_.size(); }
  bool has(const SpeechListener* listener) const {
    return std::any_of(listeners_.begin(), listeners_.end(),
                       [&](const auto& known) { return known.get() == listener; });
  }

  /// Whether nothing waits and nothing is being made.
  bool idle() const { return !busy_ && ready_.empty(); }

  static constexpr std::size_t max_ready = 32;  ///< segments in line before they are joined

 private:
  struct Words {
    SegmentId segment{};
    std::string text;
    SessionTime start{}, end{};
    SessionTime captured{};
  };

  void close_segment();
  void work();
  void translated(const Words& words, Result<std::string> text);
  void synthesised(Speech speech, Result<ports::SpokenAudio> audio);
  void send(Speech speech);

  const Language language_;
  const Translate translate_;
  const Synthesise synthesise_;
  const Sent sent_;
  std::vector<std::shared_ptr<SpeechListener>> listeners_;
  Words open_;               ///< of the segment that is being said; empty text: none
  std::deque<Words> ready_;  ///< whole segments
  bool busy_ = false;        ///< one is being translated or synthesised
  bool working_ = false;     ///< work() is running
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sotto::pipeline
