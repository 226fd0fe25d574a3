#include "tuning/chrf.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace sotto::tuning {

namespace {

// Its characters but for white space, each as its bytes.
std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> found;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    const std::string_view character = text.substr(at, end - at);
    if (character != " " && character != "\t" && character != "\n") found.push_back(character);
    at = end;
  }
  return found;
}

std::map<std::string, std::uint64_t> n_grams(const std::vector<std::string_view>& text,
                                             std::size_t n) {
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t at = 0; at + n <= text.size(); ++at) {
    std::string gram;
    for (std::size_t i = at; i < at + n; ++i) gram += text[i];
    ++counts[gram];
  }
  return counts;
}

}  // namespace

void ChrF::add(std::string_view translation, std::string_view reference) {
  const auto hypothesis = characters(translation), wanted = characters(reference);
  for (std::size_t n = 1; n <= orders; ++n) {
    const auto have = n_grams(hypothesis, n), want = n_grams(wanted, n);
    Counts& counts = counts_[n - 1];
    for (const auto& [gram, count] : have) {
      counts.translation += count;
      if (const auto known = want.find(gram); known != want.end())
        counts.matched += std::min(count, known->second);
    }
    for (const auto& [gram, count] : want) counts.reference += count;
  }
}

double ChrF::value() const {
  double precision = 0, recall = 0, used = 0;
  for (const Counts& counts : counts_) {
    if (counts.translation == 0 && counts.reference == 0) continue;
    const auto share = [&](std::uint64_t of) {
      return of == 0 ? 0 : static_cast<double>(counts.matched) / static_cast<double>(of);
    };
    precision += share(counts.translation);
    recall += share(counts.reference);
    ++used;
  }
  if (used == 0) return 100;
  precision /= used;
  recall /= used;
  constexpr double beta_squared = 4;
  if (precision + recall == 0) return 0;
  return 100 * (1 + beta_squared) * precision * recall / (beta_squared * precision + recall);
}

}  // namespace sotto::tuning
