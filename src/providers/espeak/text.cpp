#include "providers/espeak/text.hpp"

#include <cstddef>

#include "base/utf8.hpp"
#include "ports/synthesiser.hpp"

namespace sotto::providers::espeak {

namespace {

constexpr auto max_text_bytes = ports::Synthesiser::max_text_bytes;

bool is_between(char c, unsigned char first, unsigned char last) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= first && byte <= last;
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
    std::size_t bytes = 0;
    if (!utf8::next(source, bytes)) {
      return fail(ErrorCode::invalid_argument, "the text is not UTF-8; convert it first", "text");
    }
    const std::string_view next = source.substr(0, bytes);
    source.remove_prefix(bytes);
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
