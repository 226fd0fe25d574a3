#pragma once

#include <string>
#include <vector>

#include "base/session_time.hpp"
#include "transcript/event.hpp"

namespace sotto::providers::aws {

/// Makes one talk of what one connection after the other says of it: times of a connection become
/// times of the talk, without the silence that was sent to keep the connection; what was said
/// before is dropped; and the hypothesis that was open when a connection ended goes on, under its
/// id, with the first one of the next. Times are of the talk's audio. Not thread-safe.
class TranscriptStitch {
 public:
  /// A connection begins with the talk's audio from `base` on.
  void begin_connection(SessionTime base);

  /// So much of the talk went out on the connection; so much silence that is not the talk's.
  void sent(milliseconds length) { sent_ += length; }
  void sent_silence(milliseconds length);

  /// What the event, in the connection's times, says of the talk; empty where that is nothing new.
  /// New are finals that reach beyond the last one, and hypotheses that reach as far as those of
  /// earlier connections.
  transcript::Event take(const transcript::Event& event);

  /// The end of the last final: nothing before it needs to be sent again.
  SessionTime acknowledged() const { return acknowledged_; }
  /// The end of what was ever said.
  SessionTime heard() const { return heard_; }
  /// How far into the talk the connection's audio reaches.
  SessionTime sent_to() const { return base_ + (sent_ - silence_); }
  /// Is there a hypothesis that waits for its final?
  bool is_open() const { return !open_id_.empty(); }

 private:
  struct Silence {
    milliseconds at;  // in the connection's time
    milliseconds length;
  };

  SessionTime to_talk(SessionTime of_connection) const;
  std::string id_for(std::string_view id, bool is_partial, SessionTime& start);

  int connection_ = 0;  // from 1
  SessionTime base_{};
  milliseconds sent_{0};  // in the connection's time, silence included
  milliseconds silence_{0};
  std::vector<Silence> silences_;

  SessionTime acknowledged_{};
  SessionTime heard_{};
  SessionTime heard_before_{};  // when the connection began
  std::string open_id_;         // as the talk knows it
  std::string open_id_here_;    // as the connection does; empty: it has not said it yet
  SessionTime open_start_{};
};

}  // namespace sotto::providers::aws
