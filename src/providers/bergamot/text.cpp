#include "providers/bergamot/text.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/utf8.hpp"
#include "ports/translator.hpp"

namespace sotto::providers::bergamot {

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

// Greek and Chinese at their extremes stay far below: a Chinese character may be two English words.
constexpr std::size_t longest_times = 10;
constexpr std::size_t longest_extra = 60;
constexpr std::size_t longest_phrase_words = 6;
constexpr std::size_t most_repetitions = 4;

bool is_blank(char32_t c) {
  const bool noncharacter = (c & 0xfffeU) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
  return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x2028 || c == 0x2029 || c == 0x3000 ||
         noncharacter;
}

bool is_letter_or_digit(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
  if (c == 0xd7 || c == 0xf7) return false;
  return std::none_of(symbol_blocks.begin(), symbol_blocks.end(),
                      [c](const Range& block) { return c >= block.first && c <= block.last; });
}

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool space_due = false;
  std::size_t at = 0;
  while (const auto c = utf8::next(text, at)) {
    if (is_blank(*c)) {
      space_due = true;
      continue;
    }
    if (space_due && !out.empty()) out.push_back(' ');
    space_due = false;
    utf8::append(out, *c);
  }
  return out;
}

bool has_word(std::string_view text) {
  std::size_t at = 0;
  while (const auto c = utf8::next(text, at))
    if (is_letter_or_digit(*c)) return true;
  return false;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    line.remove_prefix(space == std::string_view::npos ? line.size() : space + 1);
  }
  return words;
}

/// How many times the most repeated phrase stands in a row, 1 for a text that repeats nothing.
std::size_t repetitions(std::string_view line) {
  const auto words = words_of(line);
  std::size_t most = 1;
  for (std::size_t length = 1; length <= longest_phrase_words; ++length) {
    std::size_t same = 0;  // words in a row that are the one `length` before
    for (std::size_t i = length; i < words.size(); ++i) {
      same = words[i] == words[i - length] ? same + 1 : 0;
      most = std::max(most, 1 + same / length);
    }
  }
  return most;
}

tl::unexpected<Error> no_translation(const std::string& what) {
  return fail(ErrorCode::unavailable, "Bergamot's answer is no translation: " + what);
}

}  // namespace

Result<PreparedText> prepare(std::string_view source) {
  constexpr std::size_t most = ports::Translator::max_text_bytes;
  if (source.size() > most) {
    return fail(ErrorCode::invalid_argument,
                "the text has " + std::to_string(source.size()) + " bytes; at most " +
                    std::to_string(most) + " are translated at once",
                "text");
  }
  if (!utf8::is_valid(source)) {
    return fail(ErrorCode::invalid_argument, "the text is not UTF-8", "text");
  }
  PreparedText prepared{one_line(source), true};
  prepared.needs_engine = has_word(prepared.text);
  return prepared;
}

Result<std::string> translation_in(std::string_view answer, std::string_view source) {
  std::string translation = one_line(answer);
  if (translation.empty()) return no_translation("it is empty");
  if (utf8::length(translation) > longest_times * utf8::length(source) + longest_extra)
    return no_translation("it is many times longer than the text");
  if (const std::size_t times = repetitions(translation);
      times > most_repetitions && times > 2 * repetitions(source))
    return no_translation("it repeats itself");
  return translation;
}

}  // namespace sotto::providers::bergamot
