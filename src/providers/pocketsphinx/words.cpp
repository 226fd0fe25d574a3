#include "providers/pocketsphinx/words.hpp"

namespace sotto::providers::pocketsphinx {

std::string readable_word(std::string_view entry) {
  if (entry.empty() || entry.front() == '<' || entry.front() == '[' || entry.starts_with("++")) {
    return {};
  }
  const auto mark = entry.find('(');
  if (mark != std::string_view::npos && mark > 0) entry = entry.substr(0, mark);
  std::string word(entry);
  if (word == "i" || word.starts_with("i'")) word.front() = 'I';
  return word;
}

}  // namespace sotto::providers::pocketsphinx
