#include "providers/espeak/text.hpp"

#include <cstddef>

#include "ports/synthesiser.hpp"

namespace sotto::providers::espeak {

namespace {

constexpr auto max_text_bytes = ports::Synthesiser::max_text_bytes;

bool is_between(char c, unsigned char first, unsigned char last) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= first && byte <= last;
}

/// The bytes of the UTF-8 sequence that `text` begins with; 0 where it begins with none (The
/// Unicode Standard, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t sequence_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length == 0 || lead > 0xf4 || length > text.size()) return 0;
  const unsigned char second_first = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char second_last = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (!is_between(text[1], second_first, second_last)) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_between(text[i], 0x80, 0xbf)) return 0;
  }
  return length;
}

bool is_blank(std::string_view sequence) {
  if (sequence.size() == 1) return is_between(sequence[0], 0, 0x20) || sequence[0] == 0x7f;
  if (sequence[0] == '\xc2') return is_between(sequence[1], 0x80, 0xa0);
  return sequence == "\u2028" || sequence == "\u2029" || sequence == "\u0530" ||
         sequence == "\u0557";
}

}  // namespace

Result<std::string> prepare(std::string_view source) {
  if (source.size() > max_text_bytes) {
    return fail(ErrorCode::invalid_argument,
                "a text of " + std::to_string(source.size()) + " bytes is over the limit of " +
                    std::to_string(max_text_bytes) + "; send it in parts",
                "text");
  }
  std::string text;
  text.reserve(source.size());
  bool space_due = false;
  while (!source.empty()) {
    const std::string_view next = source.substr(0, sequence_length(source));
    if (next.empty()) {
      return fail(ErrorCode::invalid_argument, "the text is not UTF-8; convert it first", "text");
    }
    source.remove_prefix(next.size());
    if (is_blank(next)) {
      space_due = true;
      continue;
    }
    if (space_due && !text.empty()) text.push_back(' ');
    space_due = false;
    text += next == "[" ? "(" : next == "]" ? ")" : next;
  }
  if (text.empty()) {
    return fail(ErrorCode::invalid_argument, "the text is empty; there is nothing to say", "text");
  }
  return text;
}

}  // namespace sotto::providers::espeak
