#include "engine/translation_budget.hpp"

#include <algorithm>

#include "base/fnv1a.hpp"
#include "engine/word_text.hpp"

namespace sotto::engine {

namespace {

// Early words may run ahead of the account by so many characters, some words: what a segment costs
// early is saved when it ends.
constexpr double early_credit = 40;

std::uint32_t hash_of(std::string_view text) {
  return static_cast<std::uint32_t>(spoken_hash(text));
}

// Calls `at_end(words so far, where the last ends)` for each spoken word until it answers false.
template <class AtEnd>
void each_word(std::string_view text, AtEnd at_end) {
  std::uint32_t words = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t to = std::min(text.find(' ', at), text.size());
    if (is_spoken(text.substr(at, to - at)) && !at_end(++words, to)) return;
    at = to + 1;
  }
}

}  // namespace

TranslatedParts::TranslatedParts(std::span<const Part> parts, std::uint64_t letters)
    : letters_(letters), count_(std::min(parts.size(), most)) {
  std::copy_n(parts.begin(), count_, parts_.begin());
}

std::size_t TranslatedParts::kept(std::string_view text) const {
  std::size_t kept = 0, part = 0;
  each_word(text, [&](std::uint32_t words, std::size_t end) {
    if (part == count_) return false;
    if (words < parts_[part].words) return true;
    if (hash_of(text.substr(0, end)) != parts_[part].spoken) return false;
    kept = end;
    ++part;
    return true;
  });
  return kept;
}

void TranslatedParts::translated(std::string_view text, std::size_t from) {
  std::size_t parts = 0;
  std::uint32_t all = 0;
  each_word(text, [&](std::uint32_t words, std::size_t end) {
    all = words;
    if (end <= from && parts < count_ && parts_[parts].words == words) ++parts;
    return true;
  });
  parts = std::min(parts, most - 1);
  parts_[parts] = {all, hash_of(text)};
  count_ = parts + 1;
  letters_ = fnv1a(text);
}

bool TranslatedParts::is_whole(std::string_view text) const {
  return count_ == 1 && letters_ == fnv1a(text);
}

void TranslationBudget::ended(std::int64_t characters) {
  if (characters >= 0)
    due_ += static_cast<std::uint64_t>(characters);
  else
    due_ -= std::min(due_, static_cast<std::uint64_t>(-characters));
}

bool TranslationBudget::allows_early(std::size_t cost, std::size_t open) const {
  return static_cast<double>(spent_) + static_cast<double>(cost) <=
         times_ * (static_cast<double>(due_) + static_cast<double>(open)) + early_credit;
}

bool TranslationBudget::is_short(std::size_t open) const {
  const auto whole = static_cast<double>(open);
  return static_cast<double>(spent_) + 1.5 * whole > times_ * (static_cast<double>(due_) + whole);
}

bool TranslationBudget::allows_whole_twice(std::size_t open) const {
  const auto whole = static_cast<double>(open);
  return static_cast<double>(spent_) + 2 * whole <= times_ * (static_cast<double>(due_) + whole);
}

bool TranslationBudget::allows_whole(std::size_t characters) const {
  return static_cast<double>(spent_) + static_cast<double>(characters) <=
         times_ * static_cast<double>(due_);
}

}  // namespace sotto::engine
