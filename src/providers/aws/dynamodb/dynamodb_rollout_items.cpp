#include "providers/aws/dynamodb/dynamodb_rollout_items.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

namespace sotto::providers::aws::dynamodb {

namespace {

namespace json = boost::json;
using ports::JournalEntry;

constexpr std::size_t number_digits = 20;  // of 2^64
constexpr std::string_view decision_prefix = "decision#", page_prefix = "session#";

std::int64_t ms(UtcTime time) { return time.time_since_epoch().count(); }

std::optional<std::uint64_t> number_in(const Item& item, std::string_view prefix) {
  const auto place = attribute(item, "item", "S");
  if (!place || !place->starts_with(prefix)) return std::nullopt;
  return unpadded(std::string_view(*place).substr(prefix.size()), number_digits);
}

// An entry of a page is a map of these.
std::optional<JournalEntry> entry_of(const json::value& value) {
  const json::object* typed = value.if_object();
  const json::value* map = typed ? typed->if_contains("M") : nullptr;
  if (!map || !map->is_object()) return std::nullopt;
  const auto number = number_of<std::uint64_t>(map->get_object(), "number");
  const auto at = number_of<std::int64_t>(map->get_object(), "at_ms");
  auto words = text_of(map->get_object(), "text");
  if (!number || !at || !words) return std::nullopt;
  return JournalEntry{*number, UtcTime{milliseconds{*at}}, std::move(*words)};
}

}  // namespace

Item rollout_key(const std::string& flag, std::string place) {
  return {{"flag", typed("S", flag)}, {"item", typed("S", std::move(place))}};
}

Item state_key(const std::string& flag) { return rollout_key(flag, "state"); }

std::optional<RolloutRow> state_of(const Item& item) {
  const auto version = number_of<std::uint64_t>(item, "version");
  const auto decisions = number_of<std::uint64_t>(item, "decisions");
  auto words = text_of(item, "text");
  if (!version || !decisions || !words) return std::nullopt;
  return RolloutRow{
      {*version, std::move(*words)}, *decisions, attribute(item, "writer", "S").value_or("")};
}

std::string decision_place(std::uint64_t number) {
  return std::string(decision_prefix) + padded(number, number_digits);
}

Item decision_item(const std::string& flag, std::uint64_t number, const std::string& words,
                   UtcTime at) {
  Item item = rollout_key(flag, decision_place(number));
  item["at_ms"] = dynamodb::number(ms(at));
  item["text"] = text(words);
  return item;
}

std::optional<JournalEntry> decision_of(const Item& item) {
  const auto number = number_in(item, decision_prefix);
  const auto at = number_of<std::int64_t>(item, "at_ms");
  auto words = text_of(item, "text");
  if (!number || !at || !words) return std::nullopt;
  return JournalEntry{*number, UtcTime{milliseconds{*at}}, std::move(*words)};
}

std::string page_place(std::uint64_t page) {
  return std::string(page_prefix) + padded(page, number_digits);
}

Item page_item(const std::string& flag, const SessionPage& page) {
  Item item = rollout_key(flag, page_place(page.page));
  json::array entries;
  UtcTime oldest = UtcTime::max();
  for (const JournalEntry& entry : page.entries) {
    oldest = std::min(oldest, entry.at);
    entries.push_back(json::object{{"M", json::object{{"number", number(entry.number)},
                                                      {"at_ms", number(ms(entry.at))},
                                                      {"text", text(entry.text)}}}});
  }
  item["entries"] = json::object{{"L", std::move(entries)}};
  item["count"] = number(page.entries.size());
  item["writer"] = typed("S", page.writer);
  if (page.entries.empty()) return item;  // nothing to prune: not in the index
  item["journal"] = typed("S", "sessions");
  item["oldest_ms"] = number(ms(oldest));
  return item;
}

std::optional<SessionPage> session_page_of(const Item& item) {
  const auto page = number_in(item, page_prefix);
  const json::value* entries = item.if_contains("entries");
  const json::object* typed = entries ? entries->if_object() : nullptr;
  const json::value* list = typed ? typed->if_contains("L") : nullptr;
  if (!page || !list || !list->is_array()) return std::nullopt;
  SessionPage found{*page, attribute(item, "writer", "S").value_or(""), {}};
  for (const json::value& value : list->get_array()) {
    auto entry = entry_of(value);
    if (!entry) return std::nullopt;
    found.entries.push_back(std::move(*entry));
  }
  return found;
}

std::size_t bytes_of(const std::vector<JournalEntry>& entries) {
  constexpr std::size_t around = 40;  // an entry's names and numbers
  std::size_t bytes = 0;
  for (const JournalEntry& entry : entries) bytes += entry.text.size() + around;
  return bytes;
}

}  // namespace sotto::providers::aws::dynamodb
