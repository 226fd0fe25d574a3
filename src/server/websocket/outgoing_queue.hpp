#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>

#include "server/websocket/wire_message.hpp"

namespace sotto::server {

/// A message on its way to one client.
struct Outgoing {
  SharedMessage message;
  /// What a caption is about; its newer message may take the place of a provisional one.
  std::optional<std::uint32_t> segment = {};
  bool provisional = false;
  /// Of speech: the piece that the message is a part of. It is of no use once it is old.
  std::optional<std::uint64_t> piece = {};
  /// What a client that joins or returns has missed: more at once than it could ever be behind.
  bool backlog = false;
};

/// The messages that wait for one client's socket, in order. A newer message about a segment
/// replaces an unsent provisional one. A piece of speech that has waited for max_speech_age is
/// dropped, unless a part of it was sent. Nothing else is dropped: with more than max_bytes, or
/// when the oldest message has waited for max_age, the client is too slow and must be disconnected.
/// Not thread-safe.
class OutgoingQueue {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t max_bytes = 64 * 1024;               ///< without speech and backlog
  static constexpr std::size_t max_shared_bytes = 8 * 1024 * 1024;  ///< of speech, of backlog
  static constexpr std::chrono::seconds max_age{10};
  static constexpr std::chrono::seconds max_speech_age{2};

  /// Queues a message. False: over a bound.
  bool push(Outgoing message, Clock::time_point now);

  bool empty() const { return messages_.empty(); }
  std::size_t bytes() const { return bytes_ + speech_bytes_ + backlog_bytes_; }

  /// Whether something other than speech has waited too long.
  bool too_old(Clock::time_point now) const;

  /// The unsent bytes in order, a view for each message, as many as `views` has room for. Drops
  /// speech that is too old first. Returns how many views were filled.
  std::size_t peek(std::span<std::string_view> views, Clock::time_point now);

  /// The first `count` bytes of what peek() gave were sent.
  void sent(std::size_t count);

  /// Forgets what was not begun.
  void clear();

 private:
  struct Waiting {
    Outgoing outgoing;
    Clock::time_point since;
  };

  bool begun(const Waiting& waiting) const;
  void drop_old_speech(Clock::time_point now);
  void count(const Waiting& waiting, bool added);

  std::deque<Waiting> messages_;
  std::size_t offset_ = 0;  ///< of the first message: what was sent of it
  std::optional<std::uint64_t> piece_begun_;
  std::size_t bytes_ = 0, speech_bytes_ = 0, backlog_bytes_ = 0;
};

}  // namespace sotto::server
