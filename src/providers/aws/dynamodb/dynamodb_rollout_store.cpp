#include "providers/aws/dynamodb/dynamodb_rollout_store.hpp"

#include <algorithm>
#include <atomic>
#include <boost/json/array.hpp>
#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "providers/aws/dynamodb/dynamodb_rollout_items.hpp"

namespace sotto::providers::aws {

namespace {

namespace json = boost::json;
using dynamodb::Item;
using dynamodb::number;
using dynamodb::RolloutRow;
using dynamodb::SessionPage;
using dynamodb::typed;
using ports::Journal;
using ports::JournalEntry;
using ports::RolloutState;

// No attempt is begun that would end later if it took as long as the one before.
constexpr std::chrono::seconds patience{4};
constexpr std::size_t most_decisions = 99;              // and the state: a transaction has 100
constexpr std::size_t most_in_transaction = 4'000'000;  // bytes
constexpr std::uint64_t last_page = std::numeric_limits<std::uint64_t>::max();

tl::unexpected<Error> too_much(const std::string& what, std::size_t is, std::size_t most,
                               const std::string& unit) {
  return fail(
      ErrorCode::resource_exhausted,
      what + " has " + std::to_string(is) + " " + unit + ", may have " + std::to_string(most),
      what);
}

Result<> fit(const std::string& text, const std::vector<std::string>& decisions) {
  std::size_t all = text.size();
  if (text.size() > dynamodb::max_content)
    return too_much("state", text.size(), dynamodb::max_content, "bytes");
  if (decisions.size() > most_decisions)
    return too_much("decisions", decisions.size(), most_decisions, "of them");
  for (const std::string& decision : decisions) {
    all += decision.size();
    if (decision.size() > dynamodb::max_content)
      return too_much("decision", decision.size(), dynamodb::max_content, "bytes");
  }
  if (all > most_in_transaction) return too_much("write", all, most_in_transaction, "bytes");
  return {};
}

Result<> fit(const std::vector<JournalEntry>& entries) {
  if (entries.size() > dynamodb::most_on_a_page)
    return too_much("entries", entries.size(), dynamodb::most_on_a_page, "of them");
  if (const std::size_t bytes = dynamodb::bytes_of(entries); bytes > dynamodb::max_content)
    return too_much("entries", bytes, dynamodb::max_content, "bytes");
  return {};
}

class DynamoDbRolloutStore : public ports::RolloutStore {
 public:
  DynamoDbRolloutStore(dynamodb::Table table, std::string instance, ClientDependencies dependencies)
      : table_(std::move(table)),
        instance_(std::move(instance)),
        dependencies_(std::move(dependencies)) {}

  std::string name() const override { return table_.name(); }

  Result<std::optional<RolloutState>> read(const std::string& flag) override {
    return row(flag).map([](std::optional<RolloutRow> found) {
      return found ? std::optional(std::move(found->state)) : std::nullopt;
    });
  }

  Result<std::uint64_t> write(const std::string& flag, std::uint64_t expected,
                              const std::string& text, const std::vector<std::string>& decisions,
                              UtcTime at) override {
    if (const auto small = fit(text, decisions); !small) return tl::unexpected(small.error());
    const std::string writer = next_writer();
    return persist<std::uint64_t>([&](bool again) -> Result<std::optional<std::uint64_t>> {
      const auto now = row(flag);
      if (!now) return tl::unexpected(now.error());
      const RolloutRow before = now->value_or(RolloutRow{});
      if (again && before.writer == writer) return expected + 1;  // the answer got lost
      if (before.state.version != expected)
        return tl::unexpected(ports::rollout_conflict(expected, before.state.version));
      const auto written = table_.call_as_is(
          "TransactWriteItems",
          {{"TransactItems",
            actions(flag, before, {{expected + 1, text}, 0, writer}, decisions, at)},
           {"ClientRequestToken", writer}});
      if (written) return expected + 1;
      if (written.error().code == ErrorCode::conflict) return std::nullopt;
      return tl::unexpected(written.error());
    });
  }

  Result<> add_sessions(const std::string& flag,
                        const std::vector<JournalEntry>& entries) override {
    if (entries.empty()) return {};
    if (const auto small = fit(entries); !small) return small;
    const std::string writer = next_writer();
    std::uint64_t tried = 0;
    const auto added = persist<bool>([&](bool again) -> Result<std::optional<bool>> {
      if (again) {
        const auto mine = is_mine(flag, tried, writer);
        if (!mine || *mine) return mine.map([](bool) { return std::optional(true); });
      }
      const auto last = last_page_of(flag);
      if (!last) return tl::unexpected(last.error());
      tried = *last + 1;
      return put_page(flag, {tried, writer, numbered(entries, tried)});
    });
    return added.map([](bool) {});
  }

  Result<std::vector<JournalEntry>> entries(const std::string& flag, Journal journal,
                                            std::uint64_t after, std::size_t limit) override {
    if (limit == 0 || after == std::numeric_limits<std::uint64_t>::max())
      return std::vector<JournalEntry>{};
    return journal == Journal::decisions ? decisions(flag, after, limit)
                                         : sessions(flag, after, limit);
  }

  Result<> prune(UtcTime before) override {
    std::vector<Item> keys;
    const auto read =
        table_.query({{"IndexName", "by_age"},
                      {"KeyConditionExpression", "journal = :sessions AND oldest_ms < :before"},
                      {"ExpressionAttributeValues",
                       json::object{{":sessions", typed("S", "sessions")},
                                    {":before", number(before.time_since_epoch().count())}}}},
                     [&](Item item) {
                       item.erase("journal");
                       item.erase("oldest_ms");
                       keys.push_back(std::move(item));
                       return true;
                     });
    if (!read) return read;
    for (const Item& key : keys)
      if (const auto pruned = prune_page(key, before); !pruned) return pruned;
    return {};
  }

 private:
  // An attempt: its value, an error, or nothing where somebody was in the way and it is to be made
  // again, which it is told.
  template <class Value>
  Result<Value> persist(const std::function<Result<std::optional<Value>>(bool again)>& attempt) {
    const auto begun = dependencies_.ticks();
    for (int made = 1;; ++made) {
      const auto attempt_begun = dependencies_.ticks();
      auto done = attempt(made > 1);
      if (!done) return tl::unexpected(done.error());
      if (*done) return std::move(**done);
      const auto now = dependencies_.ticks();
      if (now - begun + (now - attempt_begun) > patience)
        return table_.broken("others were in the way all the time; try again");
      dynamodb::pause_before_retry(dependencies_, made);
    }
  }

  // 36 characters at the most, as a ClientRequestToken has.
  std::string next_writer() { return instance_ + "/" + std::to_string(++writes_); }

  Result<std::optional<RolloutRow>> row(const std::string& flag) const {
    const auto item = table_.get(dynamodb::state_key(flag));
    if (!item) return tl::unexpected(item.error());
    if (!*item) return std::nullopt;
    auto found = dynamodb::state_of(**item);
    if (!found) return table_.broken("the state of " + flag + " is none");
    return found;
  }

  json::array actions(const std::string& flag, const RolloutRow& before, const RolloutRow& after,
                      const std::vector<std::string>& decisions, UtcTime at) const {
    Item item = dynamodb::state_key(flag);
    item["version"] = number(after.state.version);
    item["text"] = dynamodb::text(after.state.text);
    item["decisions"] = number(before.decisions + decisions.size());
    item["writer"] = typed("S", after.writer);
    Item put{{"TableName", table_.table()}, {"Item", std::move(item)}};
    if (before.state.version == 0) {
      put["ConditionExpression"] = "attribute_not_exists(flag)";
    } else {
      put["ConditionExpression"] = "#version = :before";
      put["ExpressionAttributeNames"] = json::object{{"#version", "version"}};
      put["ExpressionAttributeValues"] = json::object{{":before", number(before.state.version)}};
    }
    json::array all{json::object{{"Put", std::move(put)}}};
    for (std::size_t i = 0; i < decisions.size(); ++i)
      all.push_back(json::object{
          {"Put", json::object{{"TableName", table_.table()},
                               {"Item", dynamodb::decision_item(flag, before.decisions + 1 + i,
                                                                decisions[i], at)}}}});
    return all;
  }

  static std::vector<JournalEntry> numbered(std::vector<JournalEntry> entries, std::uint64_t page) {
    for (std::size_t i = 0; i < entries.size(); ++i)
      entries[i].number = dynamodb::first_number(page) + i;
    return entries;
  }

  Result<std::optional<bool>> put_page(const std::string& flag, const SessionPage& page) const {
    const auto put =
        table_.call("PutItem", {{"Item", dynamodb::page_item(flag, page)},
                                {"ConditionExpression", "attribute_not_exists(flag)"}});
    if (put) return true;
    if (put.error().code == ErrorCode::conflict) return std::nullopt;
    return tl::unexpected(put.error());
  }

  Result<bool> is_mine(const std::string& flag, std::uint64_t page,
                       const std::string& writer) const {
    const auto item = table_.get(dynamodb::rollout_key(flag, dynamodb::page_place(page)));
    if (!item) return tl::unexpected(item.error());
    return *item && dynamodb::attribute(**item, "writer", "S") == writer;
  }

  // Items of a flag between two places, consistently, in order.
  static Item between(const std::string& flag, std::string first, std::string last) {
    return {{"ConsistentRead", true},
            {"KeyConditionExpression", "flag = :flag AND #item BETWEEN :first AND :last"},
            {"ExpressionAttributeNames", json::object{{"#item", "item"}}},
            {"ExpressionAttributeValues", json::object{{":flag", typed("S", flag)},
                                                       {":first", typed("S", std::move(first))},
                                                       {":last", typed("S", std::move(last))}}}};
  }

  // 0: there is none.
  Result<std::uint64_t> last_page_of(const std::string& flag) const {
    Item input = between(flag, dynamodb::page_place(0), dynamodb::page_place(last_page));
    input["ScanIndexForward"] = false;
    input["Limit"] = 1;
    std::uint64_t page = 0;
    bool broken = false;
    const auto read = table_.query(std::move(input), [&](const Item& item) {
      const auto found = dynamodb::session_page_of(item);
      broken = !found;
      if (found) page = found->page;
      return false;
    });
    if (!read) return tl::unexpected(read.error());
    if (broken) return table_.broken("the last page of sessions of " + flag + " is none");
    return page;
  }

  Result<std::vector<JournalEntry>> decisions(const std::string& flag, std::uint64_t after,
                                              std::size_t limit) const {
    std::vector<JournalEntry> found;
    std::uint64_t next = after + 1;
    const auto read = table_.query(
        between(flag, dynamodb::decision_place(next), dynamodb::decision_place(last_page)),
        [&](const Item& item) {
          auto entry = dynamodb::decision_of(item);
          if (!entry || entry->number != next) return false;  // one before it is not visible yet
          ++next;
          found.push_back(std::move(*entry));
          return found.size() < limit;
        });
    if (!read) return tl::unexpected(read.error());
    return found;
  }

  Result<std::vector<JournalEntry>> sessions(const std::string& flag, std::uint64_t after,
                                             std::size_t limit) const {
    const auto last = last_page_of(flag);
    if (!last) return tl::unexpected(last.error());
    std::vector<JournalEntry> found;
    const std::uint64_t first = dynamodb::page_of(after + 1);
    if (*last < first) return found;
    bool broken = false;
    const auto read =
        table_.query(between(flag, dynamodb::page_place(first), dynamodb::page_place(*last)),
                     [&](const Item& item) {
                       auto page = dynamodb::session_page_of(item);
                       broken = !page;
                       if (!page) return false;
                       for (JournalEntry& entry : page->entries)
                         if (entry.number > after && found.size() < limit)
                           found.push_back(std::move(entry));
                       return found.size() < limit;
                     });
    if (!read) return tl::unexpected(read.error());
    if (broken) return table_.broken("a page of sessions of " + flag + " is none");
    return found;
  }

  // Somebody who prunes it at the same time wins; what that leaves goes with the next time.
  Result<> prune_page(const Item& key, UtcTime before) const {
    const auto item = table_.get(key);
    if (!item) return tl::unexpected(item.error());
    const auto flag = dynamodb::attribute(key, "flag", "S");
    auto page = *item ? dynamodb::session_page_of(**item) : std::nullopt;
    if (!flag || !page) return {};
    const std::size_t count = page->entries.size();
    std::erase_if(page->entries, [&](const JournalEntry& entry) { return entry.at < before; });
    Item input{{"ConditionExpression", "#count = :count"},
               {"ExpressionAttributeNames", json::object{{"#count", "count"}}},
               {"ExpressionAttributeValues", json::object{{":count", number(count)}}}};
    bool drop = false;
    if (page->entries.empty()) {
      const auto last = last_page_of(*flag);
      if (!last) return tl::unexpected(last.error());
      drop = page->page < *last;
    }
    if (drop)
      input["Key"] = key;
    else
      input["Item"] = dynamodb::page_item(*flag, *page);
    const auto done = table_.call(drop ? "DeleteItem" : "PutItem", std::move(input));
    if (done || done.error().code == ErrorCode::conflict) return {};
    return tl::unexpected(done.error());
  }

  const dynamodb::Table table_;
  const std::string instance_;
  const ClientDependencies dependencies_;
  std::atomic<std::uint64_t> writes_ = 0;
};

}  // namespace

std::unique_ptr<ports::RolloutStore> make_dynamodb_rollout_store(std::shared_ptr<Client> client,
                                                                 std::string table,
                                                                 std::string instance,
                                                                 ClientDependencies dependencies) {
  return std::make_unique<DynamoDbRolloutStore>(
      dynamodb::Table(std::move(client), std::move(table)), std::move(instance),
      std::move(dependencies));
}

}  // namespace sotto::providers::aws
