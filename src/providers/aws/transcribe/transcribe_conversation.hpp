#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "base/session_time.hpp"
#include "providers/aws/transcribe/event_stream.hpp"
#include "providers/aws/transcribe/replay_buffer.hpp"
#include "providers/aws/transcribe/transcript_stitch.hpp"
#include "transcript/codec.hpp"
#include "transcript/event.hpp"

namespace sotto::providers::aws {

/// How a talk is held with Amazon Transcribe. Its quotas: a stream lasts 4 h and ends after 15 s
/// without audio; an audio message is best 50 to 200 ms long.
struct ConversationSettings {
  milliseconds frame{100};
  /// Audio that may have been sent and not been said in a final yet: what a cut can bring back.
  milliseconds most_kept = std::chrono::seconds{60};
  /// How many times faster than real time audio goes out that had to wait; 0: as fast as it can.
  int catch_up = 8;
  /// Silence is sent after so long without audio.
  milliseconds keep_alive = std::chrono::seconds{5};
  /// A connection older than this is replaced as soon as no hypothesis is open, and five minutes
  /// later in any case.
  milliseconds roll_over = std::chrono::minutes{225};
  /// How long the last finals may take after the end of the audio.
  milliseconds last_words = std::chrono::seconds{15};
  /// Connections that fail one after the other before the stream is given up, without a final
  /// between them or a minute of service.
  int attempts = 6;
};

/// One talk's side of its connections: audio and messages in, commands out. Pure: time and chance
/// are arguments. Not thread-safe.
///
/// A connection that breaks is replaced, after a wait with jitter from the second failure in a row
/// on; the new one is given the audio from the end of the last final on, so that no word is lost,
/// and TranscriptStitch sees to it that none is repeated. Broken frames, a service that is
/// unavailable or at its limits, and an end without being asked are such failures. Errors with
/// another code end the stream.
class TranscribeConversation {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Connect {};
  struct Send {
    std::string message;
  };
  struct Disconnect {};
  struct Say {
    transcript::Event event;
  };
  struct Progress {
    milliseconds to;
  };
  struct End {
    Result<> result;
  };
  using Command = std::variant<Connect, Send, Disconnect, Say, Progress, End>;

  explicit TranscribeConversation(ConversationSettings settings);

  /// The talk's next audio.
  void audio(std::span<const std::int16_t> samples) { audio_.push(samples); }
  /// No more follows.
  void finish() { finishing_ = true; }

  /// Connect was done.
  void connected(Time now);
  /// Send was done: the next one may come.
  void sent() { is_sending_ = false; }
  /// A message came.
  void received(std::string_view bytes, Time now, double random);
  /// The connection could not be made or has ended by itself; `normally`: the service closed it as
  /// the protocol has it. `random` is in [0, 1).
  void disconnected(Error error, bool normally, Time now, double random);

  /// What is to be done now; nothing until more comes in or wake_at(). After End, nothing more.
  std::optional<Command> next(Time now);

  /// When to ask again though nothing came in.
  std::optional<Time> wake_at() const { return wake_at_; }

  /// Samples that wait to be sent.
  std::size_t waiting() const { return audio_.waiting(); }

 private:
  enum class State { apart, connecting, connected, over };

  std::optional<Command> next_apart(Time now);
  std::optional<Command> next_connected(Time now);
  std::optional<Command> next_audio(Time now);
  std::optional<Command> roll_over(Time now);
  void on_message(const EventMessage& message, Time now, double random);
  void break_off(Error error, Time now, double random);
  void lose(Error error, Time now, double random);
  void end(Result<> result);
  void note_progress();
  bool all_is_said() const;
  void wake(Time at) { wake_at_ = wake_at_ ? std::min(*wake_at_, at) : at; }

  const ConversationSettings settings_;
  const std::size_t frame_samples_;

  State state_ = State::apart;
  bool finishing_ = false;
  ReplayBuffer audio_;
  TranscriptStitch stitch_;
  std::deque<Command> commands_;
  std::optional<Time> wake_at_;
  milliseconds progress_{0};

  // Of the connection.
  std::optional<EventDecoder> decoder_;  // of the connection that is or was last
  Time connected_at_{};
  Time sent_at_{};      // the last audio or silence
  Time may_send_at_{};  // for the pace
  bool is_sending_ = false;
  bool end_is_sent_ = false;

  int failures_ = 0;  // in a row
  Time retry_at_{};
  transcript::Decoder json_;
};

}  // namespace sotto::providers::aws
