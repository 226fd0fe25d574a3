#include "engine/translation_budget.hpp"

#include <algorithm>
#include <utility>

#include "engine/word_text.hpp"

namespace sotto::engine {

namespace {

// Early words may run ahead of the account by so many characters, some words: what a segment costs
// early is saved when it ends.
constexpr double early_credit = 40;

}  // namespace

TranslatedParts::TranslatedParts(std::string text, std::span<const std::uint32_t> ends)
    : text_(std::move(text)), count_(std::min(ends.size(), most)) {
  std::copy_n(ends.begin(), count_, ends_.begin());
}

std::size_t TranslatedParts::kept(std::string_view text) const {
  for (std::size_t part = count_; part > 0; --part) {
    const std::string_view words = std::string_view(text_).substr(0, ends_[part - 1]);
    if (const std::size_t end = same_beginning(text, words); end != std::string_view::npos)
      return end;
  }
  return 0;
}

void TranslatedParts::translated(std::string_view text, std::size_t from) {
  std::array<std::uint32_t, most> ends{};
  std::size_t parts = 0;
  for (; parts < count_ && parts + 1 < most; ++parts) {
    const std::string_view words = std::string_view(text_).substr(0, ends_[parts]);
    const std::size_t end = same_beginning(text, words);
    if (end == std::string_view::npos || end > from) break;
    ends[parts] = static_cast<std::uint32_t>(end);
  }
  ends[parts] = static_cast<std::uint32_t>(text.size());
  text_ = text;
  ends_ = ends;
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
