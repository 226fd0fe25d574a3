#include "providers/web_translators/answer_check.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/utf8.hpp"
#include "providers/web_translators/plain_text.hpp"

namespace sotto::providers::web_translators {

namespace {

enum Script : std::uint16_t {
  none = 0,
  latin = 1,
  cyrillic = 2,
  greek = 4,
  arabic = 8,
  hebrew = 16,
  devanagari = 32,
  thai = 64,
  hangul = 128,
  kana = 256,
  han = 512,
};

struct Block {
  char32_t first, last;
  Script script;
};

// Unicode's blocks of letters, those of the languages below (Blocks.txt).
constexpr std::array blocks = {
    Block{'A', 'Z', latin},        Block{'a', 'z', latin},          Block{0xC0, 0x24F, latin},
    Block{0x370, 0x3FF, greek},    Block{0x400, 0x52F, cyrillic},   Block{0x590, 0x5FF, hebrew},
    Block{0x600, 0x77F, arabic},   Block{0x900, 0x97F, devanagari}, Block{0xE00, 0xE7F, thai},
    Block{0x1100, 0x11FF, hangul}, Block{0x1E00, 0x1EFF, latin},    Block{0x3040, 0x30FF, kana},
    Block{0x3400, 0x9FFF, han},    Block{0xAC00, 0xD7AF, hangul},   Block{0x20000, 0x3134F, han}};

Script script_of(char32_t c) {
  for (const Block& block : blocks)
    if (c >= block.first && c <= block.last) return block.script;
  return none;
}

struct Written {
  std::string_view language;
  unsigned scripts;
};

// Languages that are written in one way only; of others nothing is checked.
constexpr std::array written = {
    Written{"ar", arabic},     Written{"fa", arabic},     Written{"ur", arabic},
    Written{"ru", cyrillic},   Written{"uk", cyrillic},   Written{"bg", cyrillic},
    Written{"be", cyrillic},   Written{"mk", cyrillic},   Written{"el", greek},
    Written{"he", hebrew},     Written{"hi", devanagari}, Written{"mr", devanagari},
    Written{"ne", devanagari}, Written{"th", thai},       Written{"ko", hangul | han},
    Written{"ja", kana | han}, Written{"zh", han},        Written{"ca", latin},
    Written{"cs", latin},      Written{"da", latin},      Written{"de", latin},
    Written{"en", latin},      Written{"es", latin},      Written{"et", latin},
    Written{"eu", latin},      Written{"fi", latin},      Written{"fr", latin},
    Written{"gl", latin},      Written{"hr", latin},      Written{"hu", latin},
    Written{"id", latin},      Written{"it", latin},      Written{"lt", latin},
    Written{"lv", latin},      Written{"nl", latin},      Written{"no", latin},
    Written{"pl", latin},      Written{"pt", latin},      Written{"ro", latin},
    Written{"sk", latin},      Written{"sl", latin},      Written{"sv", latin},
    Written{"tr", latin},      Written{"vi", latin}};

unsigned scripts_of(const Language& language) {
  for (const Written& known : written)
    if (known.language == language.str()) return known.scripts;
  return none;
}

bool in_other_letters(const Language& language, std::string_view answer) {
  constexpr std::size_t enough = 12;  // letters: "OK Google" may stay as it is in any language
  const unsigned expected = scripts_of(language);
  if (expected == none) return false;
  std::size_t right = 0, wrong = 0;
  for (std::size_t at = 0; const auto c = utf8::next(answer, at);)
    if (const Script script = script_of(*c)) ++((script & expected) ? right : wrong);
  return wrong >= enough && right * 3 < wrong;
}

struct FunctionWords {
  std::string_view language;
  std::array<std::string_view, 20> words;
};

// The most frequent words of a language that are seldom names or words of another one.
constexpr std::array function_words = {
    FunctionWords{"en",
                  {"the", "and",  "of",   "is",  "are", "was", "that", "this", "with", "you",
                   "we",  "they", "have", "for", "it",  "to",  "not",  "but",  "what", "will"}},
    FunctionWords{"es", {"el",  "la", "los", "las", "de",  "del",  "que", "y",  "en", "un",
                         "una", "es", "no",  "por", "con", "para", "se",  "lo", "al", "como"}},
    FunctionWords{"fr", {"le",  "la",  "les",  "de",   "des", "du",   "et",   "est", "un", "une",
                         "que", "qui", "dans", "pour", "pas", "nous", "vous", "il",  "en", "sur"}},
    FunctionWords{"de", {"der", "die", "das", "und", "ist", "nicht", "ein", "eine", "zu",  "mit",
                         "von", "den", "dem", "auf", "wir", "sie",   "es",  "ich",  "für", "sind"}},
    FunctionWords{"it", {"il",  "la", "le",  "gli", "di",  "del",  "della", "e",  "che", "un",
                         "una", "è",  "non", "per", "con", "sono", "si",    "in", "i",   "come"}},
    FunctionWords{"pt", {"o",  "a",   "os", "as",  "de",  "do",  "da",   "que", "e",  "em",
                         "um", "uma", "é",  "não", "por", "com", "para", "se",  "no", "na"}},
    FunctionWords{"ca", {"el",  "la", "els", "les", "de",  "del", "que", "i",  "en", "un",
                         "una", "és", "no",  "per", "amb", "com", "es",  "al", "a",  "ho"}},
    FunctionWords{"nl", {"de",   "het", "een", "en", "van", "is", "dat", "niet", "met", "voor",
                         "zijn", "wij", "we",  "je", "op",  "te", "ik",  "die",  "in",  "aan"}}};

std::size_t count_function_words(const FunctionWords& of, std::span<const std::string> words) {
  return static_cast<std::size_t>(std::count_if(words.begin(), words.end(), [&](const auto& word) {
    return std::find(of.words.begin(), of.words.end(), word) != of.words.end();
  }));
}

bool in_source_language(const LanguagePair& pair, std::string_view answer) {
  constexpr std::size_t enough_words = 6, enough_function_words = 3;
  const auto known = [](const Language& language) {
    return std::find_if(function_words.begin(), function_words.end(),
                        [&](const FunctionWords& of) { return of.language == language.str(); });
  };
  const auto source = known(pair.source), target = known(pair.target);
  if (source == function_words.end() || target == function_words.end()) return false;
  std::vector<std::string> words;
  for (const std::string_view word : words_of(answer)) {
    std::string lower = to_lower(word);
    while (!lower.empty() &&
           std::string_view(",.;:!?\"()").find(lower.back()) != std::string_view::npos)
      lower.pop_back();
    words.push_back(std::move(lower));
  }
  return words.size() >= enough_words &&
         count_function_words(*source, words) >= enough_function_words &&
         count_function_words(*target, words) == 0;
}

}  // namespace

std::optional<std::string_view> why_no_translation(const LanguagePair& pair,
                                                   std::string_view source,
                                                   std::string_view answer) {
  if (weight(answer) > weight(source) * 3 + 60) return "it is many times longer than its source";
  if (repetitions(answer) > repetitions(source) * 2 + 3) return "it says the same again and again";
  if (in_other_letters(pair.target, answer)) return "it is not in the target's letters";
  if (in_source_language(pair, answer)) return "it is in the source language";
  return std::nullopt;
}

Result<std::string> checked_answer(std::string_view service, const LanguagePair& pair,
                                   std::string_view source, std::string_view answer) {
  const auto refuse = [&](std::string_view reason) {
    return fail(ErrorCode::unavailable,
                std::string(service) +
                    " answered something that is no translation: " + std::string(reason));
  };
  if (!utf8::is_valid(answer)) return refuse("it is not UTF-8");
  std::string text = one_line(answer);
  if (text.empty()) return refuse("it is empty");
  if (const auto reason = why_no_translation(pair, source, text)) return refuse(*reason);
  return text;
}

}  // namespace sotto::providers::web_translators
