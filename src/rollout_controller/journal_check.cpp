#include "rollout_controller/journal_check.hpp"

#include <algorithm>
#include <map>

#include "base/enum_names.hpp"
#include "rollout_controller/state_json.hpp"

namespace sotto::rollout_controller {

namespace {

constexpr EnumNames<Break, Break::decided_differently> breaks = {
    {Break::content_changed, "content_changed"},
    {Break::no_hash, "no_hash"},
    {Break::record_missing, "record_missing"},
    {Break::order_changed, "order_changed"},
    {Break::previous_differs, "previous_differs"},
    {Break::end_differs, "end_differs"},
    {Break::time_changed, "time_changed"},
    {Break::decided_differently, "decided_differently"}};

std::string numbers_words(std::uint64_t first, std::uint64_t count) {
  const std::string from = std::to_string(first);
  return count == 1
             ? "number " + from + " of the chain is"
             : "numbers " + from + " to " + std::to_string(first + count - 1) + " of the chain are";
}

// Why a record does not give its decision; nothing where it does.
std::optional<std::string> differs(std::string_view text) {
  const auto again = recompute(text);
  if (!again) return "its decision cannot be made again: " + again.error().message;
  if (*again == text) return std::nullopt;
  return "its inputs give another decision, or another text of it";
}

}  // namespace

std::string_view to_string(Break how) { return breaks.name(how); }

void JournalCheck::add(std::uint64_t record, std::string_view text, std::optional<UtcTime> at,
                       bool decide) {
  Link link;
  link.record = record;
  const auto broken = [&](Break how, std::string what) {
    broken_.push_back({record, how, std::move(what)});
  };
  if (const auto hash = stated_hash(text)) {
    ++with_hash_;
    if (*hash == right_hash(text)) link.place = chain_place(text);
    link.changed = !link.place;
    if (link.changed)
      broken(Break::content_changed, "its content or its hash was changed: its bytes have hash " +
                                         right_hash(text) + ", it says " + std::string(*hash));
  }
  if (link.place && at && *at != link.place->at)
    broken(Break::time_changed, "the store says that it is of " + format_utc(*at) +
                                    ", the record itself of " + format_utc(link.place->at));
  if (decide && !link.changed) {
    ++decided_again_;
    if (auto why = differs(text)) broken(Break::decided_differently, std::move(*why));
  }
  links_.push_back(std::move(link));
}

std::optional<JournalCheck::Found> JournalCheck::find(std::string_view hash) const {
  for (std::size_t i = 0; i < links_.size(); ++i)
    if (links_[i].place && links_[i].place->hash == hash)
      return Found{links_[i].record, links_[i].place->number, links_.size() - 1 - i};
  return std::nullopt;
}

std::string JournalCheck::name(const Link& link) const {
  return each_ + " " + std::to_string(link.record);
}

// The first record that has a hash, right or wrong.
std::size_t JournalCheck::beginning() const {
  const auto first = std::find_if(links_.begin(), links_.end(),
                                  [](const Link& link) { return link.place || link.changed; });
  return static_cast<std::size_t>(first - links_.begin());
}

// How many records from one up to another, without it, stand somewhere in the chain without
// saying where.
std::size_t JournalCheck::unplaced(std::size_t from, std::size_t to) const {
  std::size_t count = 0;
  for (std::size_t i = from; i < to; ++i) count += links_[i].place ? 0U : 1U;
  return count;
}

// What must be before the record with the lowest number.
void JournalCheck::check_beginning(bool whole, std::vector<BrokenRecord>& broken) const {
  const std::size_t first = beginning();
  std::size_t placed = first;
  const Link* lowest = nullptr;
  for (std::size_t i = first; i < links_.size(); ++i) {
    if (!links_[i].place) continue;
    if (!lowest) placed = i;
    if (!lowest || links_[i].place->number < lowest->place->number) lowest = &links_[i];
  }
  if (!lowest) return;
  std::uint64_t lacking = lowest->place->number - 1;
  lacking -= std::min<std::uint64_t>(lacking, placed - first);  // changed: they are named already
  for (std::size_t i = first; lacking > 0 && i > 0; --i, --lacking)
    broken.push_back({links_[i - 1].record, Break::no_hash,
                      "it has no hash, and " + name(*lowest) + " is number " +
                          std::to_string(lowest->place->number) + " of the chain"});
  if (lacking > 0 && whole)
    broken.push_back({lowest->record, Break::record_missing,
                      "before it " + numbers_words(1, lacking) + " missing"});
}

// The records of the chain by their numbers, and by where they stand.
void JournalCheck::check_links(std::vector<BrokenRecord>& broken) const {
  std::map<std::uint64_t, std::size_t> by_number;
  std::vector<std::size_t> standing;
  for (std::size_t i = beginning(); i < links_.size(); ++i) {
    const Link& link = links_[i];
    if (!link.place && !link.changed)
      broken.push_back({link.record, Break::no_hash, "it has no hash, though the chain had begun"});
    if (!link.place) continue;
    const auto [known, added] = by_number.try_emplace(link.place->number, i);
    if (added)
      standing.push_back(i);
    else
      broken.push_back({link.record, Break::order_changed,
                        "it is number " + std::to_string(link.place->number) +
                            " of the chain, as " + name(links_[known->second]) + " is",
                        links_[known->second].record});
  }
  auto place = standing.begin();
  std::optional<std::size_t> before;
  for (const auto& [number, at] : by_number) {
    if (*place != at)
      broken.push_back({links_[at].record, Break::order_changed,
                        "it is number " + std::to_string(number) +
                            " of the chain, and stands where " + name(links_[*place]) + " should",
                        links_[*place].record});
    ++place;
    if (before) check_link(*before, at, broken);
    before = at;
  }
}

// Two records that follow each other by their numbers.
void JournalCheck::check_link(std::size_t before, std::size_t at,
                              std::vector<BrokenRecord>& broken) const {
  const Link &last = links_[before], &link = links_[at];
  const std::uint64_t gap = link.place->number - last.place->number - 1;
  const std::size_t changed = before < at ? unplaced(before, at) : 0;
  if (gap > changed) {
    const std::string those = changed == 0
                                  ? numbers_words(last.place->number + 1, gap)
                                  : std::to_string(gap - changed) + " of the chain's records are";
    broken.push_back({link.record, Break::record_missing,
                      "between " + name(last) + " and it " + those + " missing", last.record});
  } else if (gap == 0 && link.place->previous != last.place->hash) {
    broken.push_back({link.record, Break::previous_differs,
                      "the record before it should have hash " + link.place->previous + ", " +
                          name(last) + " has " + last.place->hash + ": one of them was replaced",
                      last.record});
  }
}

void JournalCheck::check_end(const ChainHead& newest, std::vector<BrokenRecord>& broken) const {
  const auto known =
      std::max_element(links_.begin(), links_.end(), [](const Link& a, const Link& b) {
        return (a.place ? a.place->number : 0) < (b.place ? b.place->number : 0);
      });
  const bool none = known == links_.end() || !known->place;
  const ChainHead last = none ? ChainHead{} : ChainHead{known->place->number, known->place->hash};
  const std::size_t from = none ? 0 : static_cast<std::size_t>(known - links_.begin());
  // Records whose place nobody knows may be those in between.
  const std::size_t changed = unplaced(from, links_.size());
  if (newest == last) return;
  if (newest.number > last.number && newest.number - last.number <= changed) return;
  const std::uint64_t record = links_.empty() ? 0 : links_.back().record;
  const std::string named = newest.number == 0 ? "names no newest record"
                                               : "names number " + std::to_string(newest.number) +
                                                     " as the newest, with hash " + newest.hash;
  std::string what = "the rollout's state " + named;
  if (newest.number > last.number)
    what +=
        ": " + numbers_words(last.number + 1, newest.number - last.number) + " missing at the end";
  else
    what += "; this one is number " + std::to_string(last.number) + ", with hash " + last.hash;
  broken.push_back({record, Break::end_differs, std::move(what)});
}

JournalVerdict JournalCheck::finish(const std::optional<ChainHead>& newest, bool whole) const {
  JournalVerdict verdict;
  verdict.records = links_.size();
  verdict.with_hash = with_hash_;
  verdict.decided_again = decided_again_;
  verdict.broken = broken_;
  if (const std::size_t first = beginning(); first < links_.size())
    verdict.begins = links_[first].record;
  for (const Link& link : links_)
    if (link.place) {
      verdict.last = link.record;
      verdict.newest = {link.place->number, link.place->hash};
    }
  check_beginning(whole, verdict.broken);
  check_links(verdict.broken);
  if (newest) check_end(*newest, verdict.broken);
  std::stable_sort(
      verdict.broken.begin(), verdict.broken.end(),
      [](const BrokenRecord& a, const BrokenRecord& b) { return a.record < b.record; });
  return verdict;
}

}  // namespace sotto::rollout_controller
