#include "engine/alignment.hpp"

#include <algorithm>
#include <compare>
#include <numeric>
#include <utility>

namespace sotto::engine {

namespace {

constexpr std::size_t max_cells = 65'536;
constexpr std::size_t max_characters = 2'048;

// The words behind the common beginning of both.
struct Remainder {
  const WordList& committed;
  const WordList& newer;
  std::size_t first;  // in both
  std::size_t rows;   // committed words
  std::size_t columns;

  bool same(std::size_t i, std::size_t j) const {
    return same_word(committed.text(first + i), newer.text(first + j));
  }
  SessionTime committed_end(std::size_t i) const { return committed[first + i].end; }
  SessionTime newer_end(std::size_t j) const { return newer[first + j].end; }
};

// Edit distances between every prefix of the committed words (rows) and of the newer (columns).
class Table {
 public:
  explicit Table(const Remainder& words)
      : width_(words.columns + 1), cost_((words.rows + 1) * width_) {
    for (std::size_t i = 0; i <= words.rows; ++i) {
      for (std::size_t j = 0; j <= words.columns; ++j) {
        if (i == 0 || j == 0) {
          at(i, j) = static_cast<std::uint32_t>(i + j);
          continue;
        }
        const std::uint32_t change = words.same(i - 1, j - 1) ? 0 : 1;
        at(i, j) = std::min({at(i - 1, j - 1) + change, at(i - 1, j) + 1, at(i, j - 1) + 1});
      }
    }
  }

  std::uint32_t& at(std::size_t i, std::size_t j) { return cost_[i * width_ + j]; }

 private:
  std::size_t width_;
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
std::size_t find_end(Table& table, const Remainder& words) {
  const std::size_t last = words.rows - 1;
  std::size_t best = 0;
  End best_end{table.at(words.rows, 0), true, milliseconds::max()};
  for (std::size_t j = 1; j <= words.columns; ++j) {
    const milliseconds off = std::chrono::abs(words.newer_end(j - 1) - words.committed_end(last));
    const End end{table.at(words.rows, j), !words.same(last, j - 1), off};
    if (end <= best_end) best = j, best_end = end;
  }
  return best;
}

void place_by_edits(const Remainder& words, std::vector<std::uint32_t>& place) {
  Table table(words);
  std::size_t i = words.rows, j = find_end(table, words);
  const auto put = [&] { place[words.first + i] = static_cast<std::uint32_t>(words.first + j); };
  put();
  while (i > 0) {
    const std::uint32_t change = j > 0 && !words.same(i - 1, j - 1) ? 1 : 0;
    if (j > 0 && table.at(i, j) == table.at(i - 1, j - 1) + change) {
      --i, --j;
    } else if (table.at(i, j) == table.at(i - 1, j) + 1) {
      --i;
    } else {
      --j;
      continue;
    }
    put();
  }
}

void place_by_time(const Remainder& words, std::vector<std::uint32_t>& place) {
  std::size_t j = 0;
  for (std::size_t i = 0; i < words.rows; ++i) {
    while (j < words.columns && words.newer_end(j) <= words.committed_end(i)) ++j;
    place[words.first + i + 1] = static_cast<std::uint32_t>(words.first + j);
  }
}

std::u32string characters(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    length = std::min(length, text.size() - at);
    char32_t character = 0;  // the bytes themselves serve as well as the code point
    for (std::size_t i = 0; i < length; ++i)
      character = character << 8 | static_cast<unsigned char>(text[at + i]);
    out += character;
    at += length;
  }
  return out;
}

std::size_t distance(std::u32string_view a, std::u32string_view b) {
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
  return row[b.size()];
}

}  // namespace

void align(const WordList& committed, std::size_t count, const WordList& newer,
           std::vector<std::uint32_t>& place) {
  place.resize(count + 1);
  std::size_t first = 0;
  while (first < count && first < newer.size() &&
         same_word(committed.text(first), newer.text(first)))
    ++first;
  std::iota(place.begin(), place.begin() + static_cast<std::ptrdiff_t>(first) + 1, 0u);
  if (first == count) return;
  const Remainder words{committed, newer, first, count - first, newer.size() - first};
  if ((words.rows + 1) * (words.columns + 1) <= max_cells) {
    place_by_edits(words, place);
  } else {
    place_by_time(words, place);
  }
  place[0] = 0;
}

std::size_t contradicted(const WordList& committed, std::size_t count, const WordList& newer,
                         const std::vector<std::uint32_t>& place) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool stands = place[i + 1] > place[i] && [&] {
      for (std::uint32_t j = place[i]; j < place[i + 1]; ++j)
        if (same_word(committed.text(i), newer.text(j))) return true;
      return false;
    }();
    if (!stands && is_spoken(committed.text(i))) ++wrong;
  }
  return wrong;
}

double normalized_distance(std::string_view a, std::string_view b) {
  if (a == b) return 0;
  std::u32string whole_a = characters(a), whole_b = characters(b);
  std::u32string_view x = whole_a, y = whole_b;
  const std::size_t longest = std::max(x.size(), y.size());
  const auto differ = std::mismatch(x.begin(), x.end(), y.begin(), y.end());
  const auto same = static_cast<std::size_t>(differ.first - x.begin());
  x.remove_prefix(same), y.remove_prefix(same);
  const std::u32string_view near_x = x.substr(0, max_characters),
                            near_y = y.substr(0, max_characters);
  const std::size_t beyond = std::max(x.size() - near_x.size(), y.size() - near_y.size());
  return static_cast<double>(distance(near_x, near_y) + beyond) / static_cast<double>(longest);
}

}  // namespace sotto::engine
