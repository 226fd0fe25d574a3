#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/websocket/outgoing_queue.hpp"

namespace sotto::server {

/// One WebSocket, independent of its transport. Thread-safe.
class Connection {
 public:
  virtual ~Connection() = default;

  /// Sends a message, in order. A client too slow for its queue is closed with 1013.
  virtual void send(const Outgoing& message) = 0;

  /// Sends what is queued, then closes with a code (RFC 6455, section 7.4; 4000–4999 are ours).
  virtual void close(std::uint16_t code, std::string reason) = 0;

  /// Sends a message that is about no segment.
  void send_text(std::string_view text) { send({.message = text_message(text)}); }
};

/// Our close codes: 4000 plus the HTTP status that says the same.
namespace close_code {
inline constexpr std::uint16_t bad_request = 4400;
inline constexpr std::uint16_t no_right = 4403;
inline constexpr std::uint16_t not_found = 4404;
inline constexpr std::uint16_t late = 4408;
inline constexpr std::uint16_t conflict = 4409;
inline constexpr std::uint16_t too_many = 4429;
inline constexpr std::uint16_t try_again = 1013;  // IANA WebSocket close code registry
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t normal = 1000;
}  // namespace close_code

/// The server's side of one WebSocket path. Calls come one at a time, on_open() first, on_closed()
/// last and exactly once.
class SocketHandler {
 public:
  virtual ~SocketHandler() = default;
  virtual void on_open(std::shared_ptr<Connection> connection) = 0;
  virtual void on_text(std::string_view message) = 0;
  virtual void on_binary(std::span<const std::byte> message) = 0;
  virtual void on_closed() = 0;
};

}  // namespace sotto::server
