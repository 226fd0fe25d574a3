#include "server/websocket/frame_reader.hpp"

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"

namespace sotto::server {

namespace {

constexpr std::uint16_t protocol_error = 1002, not_utf8 = 1007, too_big = 1009;

bool is_control(Opcode opcode) { return static_cast<unsigned>(opcode) >= 8; }

unsigned char byte(const std::string& text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// How long a header is, as far as its first two bytes say.
std::size_t header_size(const std::string& head) {
  if (head.size() < 2) return 2;
  const unsigned length = byte(head, 1) & 0x7FU;
  const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
  return 2 + extra + ((byte(head, 1) & 0x80U) != 0 ? 4 : 0);
}

// A length has as few bytes as it can (RFC 6455, section 5.2).
bool is_shortest(std::size_t head, std::uint64_t length) {
  if (head == 126) return length > 125;
  return head != 127 || length > 0xFFFF;
}

// Whether a client may say this code (RFC 6455, section 7.4, and IANA's registry).
bool is_close_code(unsigned code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

// Why the payload of a close frame is wrong.
std::optional<std::uint16_t> check_close(const std::string& payload) {
  if (payload.empty()) return std::nullopt;
  if (payload.size() < 2 || !is_close_code((byte(payload, 0) * 256U) + byte(payload, 1)))
    return protocol_error;
  if (!utf8::is_valid(std::string_view(payload).substr(2))) return not_utf8;
  return std::nullopt;
}

}  // namespace

bool FrameReader::read_header(std::string_view& bytes) {
  while (head_.size() < header_size(head_)) {
    if (bytes.empty()) return false;
    head_ += bytes.front();
    bytes.remove_prefix(1);
  }
  Header header;
  header.fin = (byte(head_, 0) & 0x80U) != 0;
  header.opcode = static_cast<Opcode>(byte(head_, 0) & 0x0FU);
  const unsigned length = byte(head_, 1) & 0x7FU;
  const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
  header.length = extra == 0 ? length : 0;
  for (std::size_t i = 0; i < extra; ++i)
    header.length = (header.length << 8U) | byte(head_, 2 + i);
  if ((byte(head_, 1) & 0x80U) != 0)
    for (std::size_t i = 0; i < 4; ++i) header.mask[i] = byte(head_, 2 + extra + i);
  frame_ = header;
  read_ = 0;
  return true;
}

std::optional<std::uint16_t> FrameReader::check() const {
  const bool reserved_bits = (byte(head_, 0) & 0x70U) != 0;
  const bool masked = (byte(head_, 1) & 0x80U) != 0;
  if (reserved_bits || !masked || !is_shortest(byte(head_, 1) & 0x7FU, frame_->length))
    return protocol_error;
  switch (frame_->opcode) {
    case Opcode::continuation:
      if (!kind_) return protocol_error;
      break;
    case Opcode::text:
    case Opcode::binary:
      if (kind_) return protocol_error;
      break;
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong:
      if (!frame_->fin || frame_->length > 125) return protocol_error;
      return std::nullopt;
    default: return protocol_error;
  }
  if (frame_->length > max_message_ - std::min(max_message_, message_.size())) return too_big;
  return std::nullopt;
}

std::optional<std::uint16_t> FrameReader::finish_frame(std::vector<ClientMessage>& messages) {
  const Header frame = *frame_;
  frame_.reset();
  head_.clear();
  if (is_control(frame.opcode)) {
    if (frame.opcode == Opcode::close)
      if (const auto wrong = check_close(control_)) return wrong;
    messages.push_back({frame.opcode, std::exchange(control_, {})});
  } else if (frame.fin) {
    if (*kind_ == Opcode::text && !utf8::is_valid(message_)) return not_utf8;
    messages.push_back({*kind_, std::exchange(message_, {})});
    kind_.reset();
  }
  return std::nullopt;
}

std::optional<std::uint16_t> FrameReader::take(std::string_view bytes,
                                               std::vector<ClientMessage>& messages) {
  for (;;) {
    if (!frame_) {
      if (!read_header(bytes)) return std::nullopt;
      if (const auto code = check()) return code;
      if (frame_->opcode == Opcode::text || frame_->opcode == Opcode::binary)
        kind_ = frame_->opcode;
    }
    std::string& payload = is_control(frame_->opcode) ? control_ : message_;
    const auto part =
        static_cast<std::size_t>(std::min<std::uint64_t>(frame_->length - read_, bytes.size()));
    for (std::size_t i = 0; i < part; ++i)
      payload +=
          static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ frame_->mask[(read_ + i) % 4]);
    bytes.remove_prefix(part);
    read_ += part;
    if (read_ < frame_->length) return std::nullopt;
    if (const auto code = finish_frame(messages)) return code;
  }
}

}  // namespace sotto::server
