#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/websocket/wire_message.hpp"

namespace sotto::server {

/// A client's message: a whole one, or a control frame.
struct ClientMessage {
  Opcode opcode = Opcode::text;
  std::string payload;
};

/// Assembles a client's bytes into messages, however they are cut (RFC 6455, sections 5.2–5.5):
/// frames are masked, control frames have up to 125 bytes and may come between the parts of a
/// message, nothing is compressed. Holds no more than one message of max_message bytes. Not
/// thread-safe.
class FrameReader {
 public:
  /// `max_message`: bytes of a whole message.
  explicit FrameReader(std::size_t max_message) : max_message_(max_message) {}

  /// Takes the next bytes and appends what they complete. An answer is the close code for a client
  /// that breaks the protocol (1002), whose text is not UTF-8 (1007) or who sends too much (1009),
  /// RFC 6455, section 7.4.1; nothing more may be given then.
  std::optional<std::uint16_t> take(std::string_view bytes, std::vector<ClientMessage>& messages);

 private:
  struct Header {
    bool fin = false;
    Opcode opcode = Opcode::text;
    std::uint64_t length = 0;
    unsigned char mask[4] = {};
  };

  bool read_header(std::string_view& bytes);
  std::optional<std::uint16_t> check() const;
  std::optional<std::uint16_t> finish_frame(std::vector<ClientMessage>& messages);

  const std::size_t max_message_;
  std::string head_;               ///< of the frame's header, until it is whole
  std::optional<Header> frame_;    ///< the frame that is being read
  std::uint64_t read_ = 0;         ///< of its payload
  std::string control_, message_;  ///< payloads so far
  std::optional<Opcode> kind_;     ///< of the message that has begun
};

}  // namespace sotto::server
