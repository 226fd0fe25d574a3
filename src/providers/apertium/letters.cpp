#include "providers/apertium/letters.hpp"

#include <array>

namespace sotto::providers::apertium {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Blocks without letters or digits (names and bounds: Unicode's Blocks.txt).
constexpr std::array symbol_blocks{
    Range{0x2000, 0x206f},    // general punctuation
    Range{0x20a0, 0x20cf},    // currency
    Range{0x2190, 0x2bff},    // arrows, mathematics, box drawing, symbols, dingbats
    Range{0x2e00, 0x2e7f},    // supplemental punctuation
    Range{0x3000, 0x303f},    // CJK punctuation
    Range{0xfe00, 0xfe0f},    // variation selectors
    Range{0xff01, 0xff0f},    // full-width punctuation
    Range{0xff1a, 0xff20},    // the same
    Range{0x1f000, 0x1faff},  // tiles, cards, emoji
};

/// In Latin Extended-A upper and lower case alternate; in two stretches the upper case is odd.
bool upper_is_odd(char32_t c) { return (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e); }

/// Latin Extended-A's letters that pair with the next or previous code point.
bool is_paired(char32_t c) {
  return c >= 0x100 && c <= 0x17e && c != 0x130 && c != 0x131 && c != 0x138 && c != 0x149 &&
         c != 0x178;
}

}  // namespace

bool is_word_character(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
  if (c == 0xd7 || c == 0xf7) return false;
  for (const Range& block : symbol_blocks) {
    if (c >= block.first && c <= block.last) return false;
  }
  return true;
}

bool is_upper(char32_t c) { return to_lower(c) != c; }

char32_t to_lower(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 0x20;
  if (c == 0x178) return 0xff;
  if (is_paired(c) && (c % 2 == 1) == upper_is_odd(c)) return c + 1;
  return c;
}

char32_t to_upper(char32_t c) {
  if (!is_lower(c) || c == 0xdf) return c;
  if (c == 0xff) return 0x178;
  return c < 0x100 ? c - 0x20 : c - 1;
}

bool is_lower(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z';
  if (c < 0x100) return c >= 0xdf && c != 0xf7;
  return is_paired(c) && !is_upper(c);
}

}  // namespace sotto::providers::apertium
