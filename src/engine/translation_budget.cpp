#include "engine/translation_budget.hpp"

#include <algorithm>
#include <utility>

namespace sotto::engine {

namespace {

// Early words may run ahead of the account by so many characters, some words: what a segment costs
// early is saved when it ends.
constexpr double early_credit = 40;

// What of a byte counts: letters and digits, ASCII's in lower case. Case and marks of other
// alphabets count too; where these alone change, the words are translated again.
constexpr std::array<unsigned char, 256> counted = [] {
  std::array<unsigned char, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const bool upper = i >= 'A' && i <= 'Z', lower = i >= 'a' && i <= 'z';
    if (upper || lower || (i >= '0' && i <= '9') || i >= 0x80)
      table[i] = static_cast<unsigned char>(upper ? i + ('a' - 'A') : i);
  }
  return table;
}();

// Calls `at_end(part that ends here, where)` for each word until it answers false: the words so
// far, and the hash of what counts of them (FNV-1a with 32 bits, see base/fnv1a.hpp).
template <class AtEnd>
void each_word(std::string_view text, AtEnd at_end) {
  TranslatedParts::Part part{0, 0x811c9dc5u};
  bool in_word = false;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at == text.size() || text[at] == ' ') {
      if (!std::exchange(in_word, false)) continue;
      ++part.words;
      part.spoken = (part.spoken ^ ' ') * 0x01000193u;
      if (!at_end(part, at)) return;
    } else if (const unsigned char byte = counted[static_cast<unsigned char>(text[at])]) {
      in_word = true;
      part.spoken = (part.spoken ^ byte) * 0x01000193u;
    }
  }
}

}  // namespace

TranslatedParts::TranslatedParts(std::span<const Part> parts)
    : count_(std::min(parts.size(), most)) {
  std::copy_n(parts.begin(), count_, parts_.begin());
}

std::size_t TranslatedParts::kept(std::string_view text) const {
  std::size_t kept = 0, next = 0;
  if (count_ > 0)
    each_word(text, [&](const Part& part, std::size_t end) {
      if (part.words < parts_[next].words) return true;
      if (part.spoken != parts_[next].spoken) return false;
      kept = end;
      return ++next < count_;
    });
  return kept;
}

void TranslatedParts::translated(std::string_view text, std::size_t from) {
  std::size_t parts = 0;
  Part last;
  each_word(text, [&](const Part& part, std::size_t end) {
    last = part;
    if (end <= from && parts < count_ && parts_[parts].words == part.words) ++parts;
    return true;
  });
  parts = std::min(parts, most - 1);
  parts_[parts] = last;
  count_ = parts + 1;
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
