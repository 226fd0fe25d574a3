#include "engine/alignment.hpp"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <numeric>
#include <utility>

namespace sotto::engine {

namespace {

// Edit distances between every prefix of the committed words (rows) and of the newer (columns).
class Table {
 public:
  Table(std::span<const Word> committed, std::span<const Word> newer)
      : columns_(newer.size() + 1), cost_((committed.size() + 1) * columns_) {
    for (std::size_t i = 0; i <= committed.size(); ++i) {
      for (std::size_t j = 0; j <= newer.size(); ++j) {
        if (i == 0 || j == 0) {
          at(i, j) = static_cast<std::uint32_t>(i + j);
          continue;
        }
        const std::uint32_t change = same_word(committed[i - 1].text, newer[j - 1].text) ? 0 : 1;
        at(i, j) = std::min({at(i - 1, j - 1) + change, at(i - 1, j) + 1, at(i, j - 1) + 1});
      }
    }
  }

  std::uint32_t& at(std::size_t i, std::size_t j) { return cost_[i * columns_ + j]; }

 private:
  std::size_t columns_;
  std::vector<std::uint32_t> cost_;
};

// Among equally cheap ends: one at the very word that was said last, so that it is not said again,
// then the one nearest in time.
struct End {
  std::uint32_t cost;
  bool other_word;
  milliseconds off;
  friend auto operator<=>(const End&, const End&) = default;
};

// The column at which the committed words end.
std::size_t find_end(Table& table, std::span<const Word> committed, std::span<const Word> newer) {
  const std::size_t row = committed.size();
  const Word& last = committed.back();
  std::size_t best = 0;
  End best_end{table.at(row, 0), true, milliseconds::max()};
  for (std::size_t j = 1; j <= newer.size(); ++j) {
    const Word& word = newer[j - 1];
    const milliseconds off = word.end < last.end ? last.end - word.end : word.end - last.end;
    const End end{table.at(row, j), !same_word(word.text, last.text), off};
    if (end <= best_end) best = j, best_end = end;
  }
  return best;
}

}  // namespace

std::vector<std::size_t> align(std::span<const Word> committed, std::span<const Word> newer) {
  std::vector<std::size_t> place(committed.size() + 1, 0);
  if (committed.empty()) return place;
  const bool prefix =
      committed.size() <= newer.size() &&
      std::equal(committed.begin(), committed.end(), newer.begin(),
                 [](const Word& a, const Word& b) { return same_word(a.text, b.text); });
  if (prefix) {
    std::iota(place.begin(), place.end(), std::size_t{0});
    return place;
  }
  Table table(committed, newer);
  std::size_t i = committed.size();
  std::size_t j = find_end(table, committed, newer);
  place[i] = j;
  while (i > 0) {
    const bool change = j > 0 && !same_word(committed[i - 1].text, newer[j - 1].text);
    if (j > 0 && table.at(i, j) == table.at(i - 1, j - 1) + (change ? 1 : 0)) {
      --i, --j;
    } else if (table.at(i, j) == table.at(i - 1, j) + 1) {
      --i;
    } else {
      --j;
      continue;
    }
    place[i] = j;
  }
  place[0] = 0;
  return place;
}

double normalised_distance(std::string_view a, std::string_view b) {
  const std::size_t longest = std::max(a.size(), b.size());
  if (longest == 0) return 0;
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return static_cast<double>(row[b.size()]) / static_cast<double>(longest);
}

}  // namespace sotto::engine
