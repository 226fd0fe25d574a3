#include "engine/erasure_meter.hpp"

#include <algorithm>
#include <vector>

#include "engine/word_text.hpp"

namespace sotto::engine {

namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (is_spoken(word)) words.push_back(word);
    at = end + 1;
  }
  return words;
}

}  // namespace

void ErasureMeter::shown(std::uint64_t line, std::string_view text) {
  std::string& before = lines_[line];
  const auto old_words = split(before), new_words = split(text);
  const auto differ = std::mismatch(old_words.begin(), old_words.end(), new_words.begin(),
                                    new_words.end(), same_word);
  erased_ += static_cast<std::uint64_t>(old_words.end() - differ.first);
  before = text;
  if (lines_.size() <= max_lines) return;
  older_words_ += split(lines_.begin()->second).size();
  lines_.erase(lines_.begin());
}

std::uint64_t ErasureMeter::words() const {
  std::uint64_t words = older_words_;
  for (const auto& [line, text] : lines_) words += split(text).size();
  return words;
}

double ErasureMeter::value() const {
  const std::uint64_t left = words();
  return left == 0 ? 0 : static_cast<double>(erased_) / static_cast<double>(left);
}

}  // namespace sotto::engine
