#include "providers/sherpa/frames.hpp"

namespace sotto::providers::sherpa {

namespace {

constexpr std::string_view magic = "Sv";

bool is_kind(char letter) {
  switch (static_cast<FrameKind>(letter)) {
    case FrameKind::sentences:
    case FrameKind::ready:
    case FrameKind::speech:
    case FrameKind::failed: return true;
  }
  return false;
}

tl::unexpected<Error> no_frame() {
  return fail(ErrorCode::unavailable, "the voice's process sent something else than speech");
}

}  // namespace

std::optional<std::uint32_t> number_in(std::string_view payload) {
  if (payload.size() != 4) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = 4; i > 0; --i)
    number = (number << 8U) | static_cast<unsigned char>(payload[i - 1]);
  return number;
}

std::string bytes_of(std::uint32_t number) {
  std::string bytes;
  for (int i = 0; i < 4; ++i, number >>= 8U) bytes += static_cast<char>(number & 0xffU);
  return bytes;
}

std::string encode(FrameKind kind, std::string_view payload) {
  std::string frame(magic);
  frame += static_cast<char>(kind);
  frame += '\0';
  frame += bytes_of(static_cast<std::uint32_t>(payload.size()));
  frame += payload;
  return frame;
}

Result<std::optional<Frame>> take_frame(std::string& received, std::size_t largest_payload) {
  const std::string_view all = received;
  const std::string_view known = all.substr(0, magic.size());
  if (!magic.starts_with(known)) return no_frame();
  if (all.size() > 2 && !is_kind(all[2])) return no_frame();
  if (all.size() > 3 && all[3] != '\0') return no_frame();
  if (all.size() < frame_header_bytes) return std::nullopt;
  const std::size_t size = number_in(all.substr(4, 4)).value_or(0);
  if (size > largest_payload) return no_frame();
  if (all.size() < frame_header_bytes + size) return std::nullopt;
  Frame frame{static_cast<FrameKind>(all[2]), std::string(all.substr(frame_header_bytes, size))};
  received.erase(0, frame_header_bytes + size);
  return frame;
}

}  // namespace sotto::providers::sherpa
