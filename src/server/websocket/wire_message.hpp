#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sotto::server {

/// What a WebSocket frame is (RFC 6455, section 5.2).
enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

/// A server's message as it goes over the wire, framed once for all who get it: unmasked, in one
/// frame (RFC 6455, section 5.2). Immutable, so thread-safe.
class WireMessage {
 public:
  /// `payload` of a control frame (close, ping, pong) may have 125 bytes.
  WireMessage(Opcode opcode, std::string_view payload);

  Opcode opcode() const { return opcode_; }
  /// Header and payload.
  std::string_view frame() const { return bytes_; }
  std::string_view payload() const { return std::string_view(bytes_).substr(header_); }

 private:
  Opcode opcode_;
  std::size_t header_;
  std::string bytes_;
};
using SharedMessage = std::shared_ptr<const WireMessage>;

SharedMessage text_message(std::string_view text);
SharedMessage binary_message(std::string_view bytes);

/// A close frame; the reason is cut to what fits, between characters.
SharedMessage close_message(std::uint16_t code, std::string_view reason);

}  // namespace sotto::server
