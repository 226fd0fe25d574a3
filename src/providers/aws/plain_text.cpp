#include "providers/aws/plain_text.hpp"

#include <algorithm>
#include <cstdint>

namespace sotto::providers::aws {

namespace {

// How many bytes follow a first byte; -1 for one that begins nothing.
int following(unsigned char first) {
  if (first < 0x80) return 0;
  if (first >= 0xC2 && first <= 0xDF) return 1;
  if (first >= 0xE0 && first <= 0xEF) return 2;
  return first >= 0xF0 && first <= 0xF4 ? 3 : -1;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto first = static_cast<unsigned char>(text[at]);
    const int more = following(first);
    if (more < 0 || text.size() - at <= static_cast<std::size_t>(more)) return false;
    std::uint32_t code = more == 0 ? first : first & (0x3Fu >> more);
    for (int i = 0; i < more; ++i) {
      const auto next = static_cast<unsigned char>(text[++at]);
      if ((next & 0xC0) != 0x80) return false;
      code = code << 6 | (next & 0x3Fu);
    }
    const bool overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
    if (overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  }
  return true;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string without_controls(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; }, ' ');
  return text;
}

}  // namespace sotto::providers::aws
