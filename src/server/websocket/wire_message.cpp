#include "server/websocket/wire_message.hpp"

#include "base/utf8.hpp"

namespace sotto::server {

namespace {

// The FIN bit, the opcode, and the length in 7, 7+16 or 7+64 bits, in network order.
std::string header_of(Opcode opcode, std::size_t length) {
  std::string header(1, static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
  int extra = 0;
  if (length < 126) {
    header += static_cast<char>(length);
  } else if (length <= 0xFFFF) {
    header += static_cast<char>(126);
    extra = 2;
  } else {
    header += static_cast<char>(127);
    extra = 8;
  }
  for (int i = extra - 1; i >= 0; --i) header += static_cast<char>((length >> (8 * i)) & 0xFFU);
  return header;
}

}  // namespace

WireMessage::WireMessage(Opcode opcode, std::string_view payload)
    : opcode_(opcode), bytes_(header_of(opcode, payload.size())) {
  header_ = bytes_.size();
  bytes_ += payload;
}

SharedMessage text_message(std::string_view text) {
  return std::make_shared<const WireMessage>(Opcode::text, text);
}

SharedMessage binary_message(std::string_view bytes) {
  return std::make_shared<const WireMessage>(Opcode::binary, bytes);
}

SharedMessage close_message(std::uint16_t code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
  payload += utf8::first_bytes(reason, 123);
  return std::make_shared<const WireMessage>(Opcode::close, payload);
}

}  // namespace sotto::server
