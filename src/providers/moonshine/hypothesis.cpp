#include "providers/moonshine/hypothesis.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>

#include "providers/moonshine/loops.hpp"

namespace sotto::providers::moonshine {
namespace {

// A piece of so many words that stands at the end more than once was said more than once by nobody.
constexpr std::size_t never_twice = 4;
// So often a shorter one may be repeated.
constexpr std::size_t often_enough = 3;

// An end is as long as this to be known for one.
constexpr std::size_t least_end = 3;

// Whether `end` is the end of `word`, and not all of it.
bool is_end_of(const std::string& end, const std::string& word) {
  return end.size() >= least_end && end.size() < word.size() && word.ends_with(end);
}

// Words as numbers, the same for the same plain word.
std::vector<std::int64_t> numbered(std::span<const Word> words) {
  std::unordered_map<std::string, std::int64_t> known;
  std::vector<std::int64_t> out;
  for (const Word& word : words)
    out.push_back(
        known.emplace(plain(word.text), static_cast<std::int64_t>(known.size())).first->second);
  return out;
}

// How many words are left when what the tail says again is taken off; all of them where it may have
// been said.
std::size_t words_before_tail(std::span<const Word> words) {
  const std::vector<std::int64_t> ids = numbered(words);
  const std::size_t all = words.size();
  for (std::size_t period = 1; period < all; ++period) {
    const std::size_t again = repeated_items(ids, period);
    const std::size_t times = again / period + 1;
    // "associated with sociated with": the tail begins in the middle of a word.
    const std::size_t tail = again + 1;
    if (tail + period <= all && tail >= std::max<std::size_t>(2, period) &&
        is_end_of(plain(words[all - tail].text), plain(words[all - tail - period].text)))
      return all - tail;
    if (times > often_enough || (times > 1 && period >= never_twice)) return all - again;
  }
  return all;
}

// How many words are left when a decoder that went round is heard up to its first repetition.
std::size_t words_before_repetition(std::span<const Word> words, std::span<const Token> tokens) {
  std::vector<std::int64_t> ids;
  for (const Token& token : tokens) ids.push_back(token.id);
  const auto loop = endless_loop(ids);
  if (!loop) return words.size();
  const auto within = [&](const Word& word) {
    return word.last_token <= loop->first + loop->period;
  };
  return static_cast<std::size_t>(std::find_if_not(words.begin(), words.end(), within) -
                                  words.begin());
}

// "nonnonnonnon": one word that is a piece of two letters or more, four times and on.
bool repeats_itself(const std::string& word) {
  for (std::size_t period = 2; period * 4 <= word.size(); ++period) {
    std::size_t same = 0;
    while (period + same < word.size() && word[period + same] == word[same]) ++same;
    if (same >= 3 * period) return true;
  }
  return false;
}

}  // namespace

Checked check_answer(const Answer& answer, const Vocabulary& vocabulary) {
  Checked checked{words_of(answer.tokens, vocabulary), answer.end != DecodingEnd::end_token};
  std::vector<Word>& words = checked.words;
  if (answer.end == DecodingEnd::loop) {
    words.resize(words_before_repetition(words, answer.tokens));
  } else if (answer.end == DecodingEnd::limit && !words.empty()) {
    words.pop_back();  // it may be half a word
  }
  if (const std::size_t left = words_before_tail(words); left < words.size()) {
    checked.looped = true;
    words.resize(left);
  }
  const std::size_t had = words.size();
  std::erase_if(words, [](const Word& word) { return repeats_itself(plain(word.text)); });
  checked.looped = checked.looped || words.size() < had;
  // Marks alone are no answer.
  if (std::all_of(words.begin(), words.end(),
                  [](const Word& word) { return plain(word.text).empty(); }))
    words.clear();
  return checked;
}

void Agreement::take(std::vector<Word> words, std::span<const Token> tokens,
                     milliseconds heard_to) {
  std::vector<milliseconds> heard_by(words.size(), heard_to);
  std::vector<std::size_t> seen(words.size(), 1);
  std::vector<float> least(words.size());
  bool same = true;
  for (std::size_t i = 0; i < words.size(); ++i) {
    least[i] = words[i].probability;
    same = same && i < words_.size() && plain(words_[i].text) == plain(words[i].text);
    if (!same) continue;
    heard_by[i] = heard_by_[i];
    seen[i] = seen_[i] + 1;
    least[i] = std::min(least[i], least_[i]);
  }
  words_ = std::move(words);
  tokens_.assign(tokens.begin(), tokens.end());
  heard_by_ = std::move(heard_by);
  seen_ = std::move(seen);
  least_ = std::move(least);
}

std::size_t Agreement::agreed(std::size_t hypotheses) const {
  std::size_t count = 0;
  while (count < words_.size() && seen_[count] >= hypotheses) ++count;
  return count;
}

std::vector<TokenId> Agreement::prefix(const Trust& trust) const {
  std::size_t count = std::min(agreed(trust.hypotheses), words_.size() > trust.words_after
                                                             ? words_.size() - trust.words_after
                                                             : std::size_t{0});
  for (std::size_t i = 0; i < count; ++i)
    if (least_[i] < trust.probability) count = i;
  std::vector<TokenId> tokens;
  if (count == 0) return tokens;
  const std::size_t end = words_[count - 1].last_letters;  // marks hang on what follows
  for (std::size_t i = 0; i < end && i < tokens_.size(); ++i) tokens.push_back(tokens_[i].id);
  return tokens;
}

void Agreement::clear() { *this = {}; }

bool contradicts(const Answer& answer, std::size_t prefix, float least) {
  const auto forced = std::span(answer.tokens).first(std::min(prefix, answer.tokens.size()));
  return std::any_of(forced.begin(), forced.end(),
                     [&](const Token& token) { return token.probability < least; });
}

std::size_t common_words(std::span<const Word> words, std::span<const Word> others) {
  std::vector<std::size_t> row(others.size() + 1, 0);
  for (const Word& word : words) {
    const std::string text = plain(word.text);
    std::size_t diagonal = 0;
    for (std::size_t j = 1; j <= others.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = text == plain(others[j - 1].text) ? diagonal + 1 : std::max(row[j], row[j - 1]);
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace sotto::providers::moonshine
