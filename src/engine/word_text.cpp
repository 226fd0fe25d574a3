#include "engine/word_text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/fnv1a.hpp"

namespace sotto::engine {

namespace {

struct Character {
  char32_t code = 0;  // of a malformed byte, one that no text can have
  std::size_t bytes = 1;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const Character malformed{0x11'0000 + lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  if (bytes == 0 || lead > 0xF4 || text.size() - at < bytes) return malformed;
  char32_t code = lead & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return malformed;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  return {code, bytes};
}

struct Range {
  char32_t first, last;
};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t code) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), code,
                                      [](char32_t c, const Range& r) { return c < r.first; });
  return after != ranges.begin() && code <= std::prev(after)->last;
}

// Punctuation and spaces beyond ASCII (Unicode 15, general categories P and Z and the controls),
// of the scripts that recognisers write; without signs that are spoken.
constexpr std::array<Range, 54> marks{{
    {0x80, 0xA1},     {0xA7, 0xA7},     {0xAB, 0xAB},     {0xAD, 0xAD},     {0xB4, 0xB4},
    {0xB6, 0xB7},     {0xBB, 0xBB},     {0xBF, 0xBF},     {0x2BB, 0x2BD},   {0x37E, 0x37E},
    {0x387, 0x387},   {0x55A, 0x55F},   {0x589, 0x58A},   {0x5BE, 0x5BE},   {0x5F3, 0x5F4},
    {0x60C, 0x60D},   {0x61B, 0x61B},   {0x61D, 0x61F},   {0x66B, 0x66D},   {0x6D4, 0x6D4},
    {0x700, 0x70D},   {0x964, 0x965},   {0xE4F, 0xE4F},   {0xE5A, 0xE5B},   {0xF0B, 0xF12},
    {0x104A, 0x104F}, {0x10FB, 0x10FB}, {0x1360, 0x1368}, {0x166E, 0x166E}, {0x17D4, 0x17DA},
    {0x1800, 0x180A}, {0x2000, 0x202F}, {0x2032, 0x206F}, {0x2E00, 0x2E5D}, {0x3000, 0x3003},
    {0x3008, 0x3011}, {0x3014, 0x301F}, {0x3030, 0x3030}, {0x30A0, 0x30A0}, {0x30FB, 0x30FB},
    {0xFE10, 0xFE19}, {0xFE30, 0xFE52}, {0xFE54, 0xFE5E}, {0xFE63, 0xFE63}, {0xFEFF, 0xFEFF},
    {0xFF01, 0xFF02}, {0xFF07, 0xFF0A}, {0xFF0C, 0xFF0F}, {0xFF1A, 0xFF1B}, {0xFF1F, 0xFF1F},
    {0xFF3B, 0xFF3D}, {0xFF3F, 0xFF3F}, {0xFF5B, 0xFF5D}, {0xFF5F, 0xFF65},
}};

bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
bool is_space(char32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Which ASCII characters are marks.
constexpr std::array<bool, 128> ascii_marks = [] {
  std::array<bool, 128> is{};
  for (std::size_t c = 0; c < is.size(); ++c)
    is[c] = !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
  for (const char spoken : {'$', '%', '&', '+', '#', '@', '='})
    is[static_cast<std::size_t>(spoken)] = false;
  return is;
}();

bool is_mark(char32_t c) { return c < 0x80 ? ascii_marks[c] : is_in(marks, c); }

bool is_apostrophe(char32_t c) {
  return c == '\'' || c == 0x2019 || c == 0x2018 || c == 0x2BC || c == 0x2BB || c == 0xFF07 ||
         c == 0x2032 || c == 0xB4 || c == '`';
}

bool is_hyphen(char32_t c) {
  return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0xFF0D || c == 0xFE63;
}

// Capitals whose small letter is `by` away; in a range of step 2 capitals and small letters take
// turns.
struct CaseRange {
  char32_t first, last;
  std::uint32_t by;
  std::uint32_t step = 1;
};

// Simple case folding (Unicode 15, CaseFolding.txt) of the Latin, Greek, Cyrillic and Armenian
// alphabets in use.
constexpr std::array<CaseRange, 33> capitals{{
    {0xC0, 0xD6, 32},     {0xD8, 0xDE, 32},     {0x100, 0x12F, 1, 2},   {0x132, 0x137, 1, 2},
    {0x139, 0x148, 1, 2}, {0x14A, 0x177, 1, 2}, {0x179, 0x17E, 1, 2},   {0x1A0, 0x1A5, 1, 2},
    {0x1AF, 0x1AF, 1},    {0x1CD, 0x1DC, 1, 2}, {0x1DE, 0x1EF, 1, 2},   {0x1F8, 0x21F, 1, 2},
    {0x222, 0x233, 1, 2}, {0x386, 0x386, 38},   {0x388, 0x38A, 37},     {0x38C, 0x38C, 64},
    {0x38E, 0x38F, 63},   {0x391, 0x3A1, 32},   {0x3A3, 0x3AB, 32},     {0x400, 0x40F, 80},
    {0x410, 0x42F, 32},   {0x460, 0x481, 1, 2}, {0x48A, 0x4BF, 1, 2},   {0x4C1, 0x4CE, 1, 2},
    {0x4D0, 0x52F, 1, 2}, {0x531, 0x556, 48},   {0x1E00, 0x1E95, 1, 2}, {0x1EA0, 0x1EFF, 1, 2},
    {0x2160, 0x216F, 16}, {0x24B6, 0x24CF, 26}, {0x2C60, 0x2C61, 1, 2}, {0xA640, 0xA66D, 1, 2},
    {0xFF21, 0xFF3A, 32},
}};

char32_t folded(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if (c == 0x130) return 'i';    // İ
  if (c == 0x178) return 0xFF;   // Ÿ
  if (c == 0x17F) return 's';    // ſ
  if (c == 0x1E9E) return 0xDF;  // ẞ
  if (c == 0x3C2) return 0x3C3;  // ς at a word's end
  const auto after = std::upper_bound(capitals.begin(), capitals.end(), c,
                                      [](char32_t x, const CaseRange& r) { return x < r.first; });
  if (after == capitals.begin()) return c;
  const CaseRange& range = *std::prev(after);
  return c <= range.last && (c - range.first) % range.step == 0 ? c + range.by : c;
}

// Reads a text's spoken characters, folded, word by word.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // The next character of the word that is spoken; 0 at the word's end.
  char32_t next() {
    while (at_ < text_.size()) {
      const auto [code, bytes] = character_at(text_, at_);
      if (is_space(code) && last_ != 0) return 0;
      at_ += bytes;
      if (!is_mark(code)) {
        spoken_end_ = at_;
        return last_ = folded(code);
      }
      if (last_ == 0 || at_ == text_.size()) continue;
      const char32_t follows = character_at(text_, at_).code;
      if (is_apostrophe(code) && !is_mark(follows)) return last_ = '\'';
      if (is_digit(last_) && is_digit(follows)) return last_ = is_hyphen(code) ? U'-' : code;
    }
    return 0;
  }

  // Begins the next word.
  void end_word() { last_ = 0; }

  // Where the word read last ends in the text, with the marks behind it.
  std::size_t word_end() const {
    constexpr std::string_view spaces = " \t\n\v\f\r";
    std::size_t end = spoken_end_;
    for (std::size_t next = end; next < text_.size();) {
      const std::size_t to = std::min(text_.find_first_of(spaces, next), text_.size());
      if (to > next && next > spoken_end_ && is_spoken(text_.substr(next, to - next))) break;
      if (to > next || next == spoken_end_) end = to;
      next = to + 1;
    }
    return end;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t spoken_end_ = 0;
  char32_t last_ = 0;
};

// Gives each character of as_spoken(text) to `take`.
template <class Take>
void read_spoken(std::string_view text, Take take) {
  Reader reader(text);
  for (bool first = true;; first = false) {
    char32_t c = reader.next();
    if (c == 0) return;
    if (!first) take(U' ');
    for (; c != 0; c = reader.next()) take(c);
    reader.end_word();
  }
}

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (c >= 0x11'0000) {
    put(c - 0x11'0000);  // a malformed byte
  } else if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  } else if (c < 0x1'0000) {
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

// The first character that is no mark; 0 where there is none.
char32_t first_spoken(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto [code, bytes] = character_at(text, at);
    if (!is_mark(code)) return code;
    at += bytes;
  }
  return 0;
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
  if (a == b) return true;
  Reader x(a), y(b);
  for (;;) {
    const char32_t c = x.next(), d = y.next();
    if (c != d) return false;
    if (c == 0) return true;
  }
}

bool same_words(std::string_view a, std::string_view b) {
  if (a == b) return true;
  Reader x(a), y(b);
  for (bool begun = false;;) {
    const char32_t c = x.next(), d = y.next();
    if (c != d) return false;
    if (c != 0) {
      begun = true;
    } else if (!std::exchange(begun, false)) {
      return true;
    } else {
      x.end_word(), y.end_word();
    }
  }
}

std::size_t same_beginning(std::string_view text, std::string_view beginning) {
  // What is the same to the letter need not be read word by word.
  const auto differ = std::mismatch(text.begin(), text.end(), beginning.begin(), beginning.end());
  const std::string_view common =
      text.substr(0, static_cast<std::size_t>(differ.first - text.begin()));
  const std::size_t first = common.rfind(' ') + 1;
  Reader x(text.substr(first)), y(beginning.substr(first));
  std::size_t end = 0;
  for (bool begun = false;;) {
    const char32_t d = y.next();
    if (d == 0 && !begun) return first + end;
    if (x.next() != d) return std::string_view::npos;
    begun = d != 0;
    if (begun) continue;
    end = x.word_end();
    x.end_word(), y.end_word();
  }
}

std::size_t common_words(std::string_view text, std::string_view other) {
  // The end of the next spoken word from `at` on, which is moved to its beginning.
  const auto end_of_word = [](std::string_view in, std::size_t& at) {
    for (;;) {
      while (at < in.size() && in[at] == ' ') ++at;
      const std::size_t end = std::min(in.find(' ', at), in.size());
      if (at == end || is_spoken(in.substr(at, end - at))) return end;
      at = end;
    }
  };
  std::size_t common = 0;
  for (std::size_t i = 0, j = 0;;) {
    const std::size_t i_end = end_of_word(text, i), j_end = end_of_word(other, j);
    if (i == i_end || j == j_end) return i == i_end && j == j_end ? text.size() : common;
    if (!same_word(text.substr(i, i_end - i), other.substr(j, j_end - j))) return common;
    i = common = i_end, j = j_end;
  }
}

bool is_spoken(std::string_view word) { return first_spoken(word) != 0; }

std::size_t marks_behind(std::string_view word) {
  if (const unsigned last = word.empty() ? 0u : static_cast<unsigned char>(word.back());
      last < 0x80 && !ascii_marks[last])
    return 0;
  std::size_t end = 0;
  for (std::size_t at = 0; at < word.size();) {
    const auto [code, bytes] = character_at(word, at);
    at += bytes;
    if (!is_mark(code)) end = at;
  }
  return end == 0 ? 0 : word.size() - end;
}

bool is_dotted(std::string_view word) {
  std::size_t points = 0, letters = 0;
  for (std::size_t at = 0; at < word.size();) {
    const auto [code, bytes] = character_at(word, at);
    at += bytes;
    if (code == '.' && letters > 0) {
      ++points;
      letters = 0;
    } else if (is_mark(code) ? points + letters > 0 : is_digit(code) || ++letters > 2) {
      return false;
    }
  }
  return points > 0 && letters > 0;
}

std::string as_spoken(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  read_spoken(text, [&](char32_t c) { append_utf8(out, c); });
  return out;
}

std::uint64_t spoken_hash(std::string_view text) {
  Fnv1a hash;
  read_spoken(text, [&](char32_t c) { hash.add(c); });
  return hash.value();
}

bool begins_with_digit(std::string_view text) { return is_digit(first_spoken(text)); }

bool begins_with_capital(std::string_view text) {
  const char32_t first = first_spoken(text);
  return folded(first) != first;
}

}  // namespace sotto::engine
