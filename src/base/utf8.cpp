#include "base/utf8.hpp"

#include <algorithm>

namespace sotto::utf8 {

std::optional<char32_t> next(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return std::nullopt;
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) {
    ++at;
    return lead;
  }
  const std::size_t bytes = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (lead < 0xC2 || lead > 0xF4 || text.size() - at < bytes) return std::nullopt;
  char32_t value = lead & (0xFFU >> (bytes + 1));
  for (const char byte : text.substr(at + 1, bytes - 1)) {
    if (!is_continuation(byte)) return std::nullopt;
    value = value << 6U | (static_cast<unsigned char>(byte) & 0x3FU);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
  at += bytes;
  return value;
}

void append(std::string& out, char32_t code_point) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  const auto put_bits = [&](unsigned from) { put(0x80U | (code_point >> from & 0x3FU)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0U | code_point >> 6U), put_bits(0);
  } else if (code_point < 0x10000) {
    put(0xE0U | code_point >> 12U), put_bits(6), put_bits(0);
  } else {
    put(0xF0U | code_point >> 18U), put_bits(12), put_bits(6), put_bits(0);
  }
}

bool is_valid(std::string_view text) {
  std::size_t at = 0;
  while (next(text, at)) {
  }
  return at == text.size();
}

std::size_t length(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

std::string_view first_bytes(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && is_continuation(text[most])) --most;
  return text.substr(0, most);
}

std::string_view last_code_points(std::string_view text, std::size_t most) {
  std::size_t surplus = length(text);
  surplus -= std::min(surplus, most);
  std::size_t at = 0;
  for (; surplus > 0; --surplus) {
    ++at;
    while (at < text.size() && is_continuation(text[at])) ++at;
  }
  return text.substr(at);
}

void remove_last(std::string& text) {
  while (!text.empty() && is_continuation(text.back())) text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace sotto::utf8
