#include "pipeline/captions/listener_id.hpp"

#include <cstddef>

namespace sotto::pipeline {

namespace {

constexpr std::size_t digits = 16;  // of half an id

void write_hex(std::uint64_t half, char* to) {
  for (std::size_t i = digits; i-- > 0; half >>= 4) to[i] = "0123456789abcdef"[half & 15];
}

std::optional<std::uint64_t> read_hex(std::string_view text) {
  std::uint64_t half = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'a' && c <= 'f')) return std::nullopt;
    half = half << 4 | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return half;
}

}  // namespace

std::string to_string(const ListenerId& id) {
  std::string text(2 * digits, '0');
  write_hex(id.high, text.data());
  write_hex(id.low, text.data() + digits);
  return text;
}

std::optional<ListenerId> parse_listener_id(std::string_view text) {
  if (text.size() != 2 * digits) return std::nullopt;
  const auto high = read_hex(text.substr(0, digits)), low = read_hex(text.substr(digits));
  if (!high || !low || (*high == 0 && *low == 0)) return std::nullopt;
  return ListenerId{*high, *low};
}

}  // namespace sotto::pipeline
