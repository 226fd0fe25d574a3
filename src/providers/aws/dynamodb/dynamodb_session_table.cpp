#include "providers/aws/dynamodb/dynamodb_session_table.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

namespace sotto::providers::aws::dynamodb {

namespace {

namespace json = boost::json;
using ports::StoredCaption;
using ports::StoredFeedback;
using ports::StoredSession;

constexpr std::size_t most_keys = 20'000;  // deleted before more are read

bool is_conflict(const Error& error) { return error.code == ErrorCode::conflict; }

}  // namespace

// Which of its lives a session is in; or why that is not known.
struct SessionTable::Owner {
  SessionId id;
  Result<std::string> generation;
};

SessionTable::SessionTable(Table table, std::string instance, ClientDependencies dependencies)
    : table_(std::move(table)),
      instance_(std::move(instance)),
      dependencies_(std::move(dependencies)) {}

Result<> SessionTable::add(const StoredSession& session) {
  if (!may_be_partition_key(session.id.str()))
    return fail(
        ErrorCode::invalid_argument,
        "id has " + std::to_string(session.id.str().size()) + " bytes, must be UTF-8 of 1 to 2048",
        "id");
  SessionRow row;
  row.session = session;
  row.turn = ++turns_;
  row.generation = instance_ + "/" + std::to_string(row.turn);
  const auto kept = table_.call(
      "PutItem",
      {{"Item", session_item(row)}, {"ConditionExpression", "attribute_not_exists(session_id)"}});
  if (kept) return {};
  if (!is_conflict(kept.error())) return tl::unexpected(kept.error());
  const auto there = find(session.id);
  if (!there) return tl::unexpected(there.error());
  // An answer that got lost is no other's session.
  if (*there && (*there)->generation == row.generation) return {};
  return fail(ErrorCode::already_exists, name() + " has a session " + session.id.str() + " already",
              "id");
}

// An update of a session's item under a condition: `conflict` where it is not met.
Result<> SessionTable::update(const SessionId& id, Item input) const {
  input["Key"] = session_key(id);
  return table_.call("UpdateItem", std::move(input)).map([](const Item&) {});
}

Result<> SessionTable::decide(const SessionId& id, bool partial_results, const std::string& reason,
                              std::uint64_t flag_version) {
  if (!may_be_partition_key(id.str())) return unknown(id);
  const auto done = update(
      id,
      {{"ConditionExpression", "attribute_exists(session_id)"},
       {"UpdateExpression", "SET partial_results = :on, #reason = :reason, flag_version = :flag"},
       {"ExpressionAttributeNames", json::object{{"#reason", "reason"}}},
       {"ExpressionAttributeValues", json::object{{":on", json::object{{"BOOL", partial_results}}},
                                                  {":reason", text(reason)},
                                                  {":flag", number(flag_version)}}}});
  if (!done && is_conflict(done.error())) return unknown(id);
  return done;
}

Result<> SessionTable::end(const SessionId& id, UtcTime at) {
  if (!may_be_partition_key(id.str())) return {};
  const auto done = update(
      id,
      {{"ConditionExpression",
        "attribute_exists(session_id) AND attribute_not_exists(ended_at_ms)"},
       {"UpdateExpression",
        "SET ended_at_ms = :at, since_ms = :at, standing = :ended, expires_at = :expiry"},
       {"ExpressionAttributeValues", json::object{{":at", number(at.time_since_epoch().count())},
                                                  {":ended", typed("S", "ended")},
                                                  {":expiry", number(expiry(at, session_kept))}}}});
  if (!done && is_conflict(done.error())) return {};  // it has ended, or is not known
  return done;
}

Result<std::optional<SessionRow>> SessionTable::find(const SessionId& id) const {
  if (!may_be_partition_key(id.str())) return std::nullopt;
  const auto item = table_.get(session_key(id));
  if (!item) return tl::unexpected(item.error());
  if (!*item) return std::nullopt;
  auto row = session_of(**item);
  if (!row) return table_.broken("the item of session " + id.str() + " is not a session");
  return row;
}

// Those of the index, which may be some moments late.
Result<std::vector<SessionId>> SessionTable::standing(const char* how,
                                                      std::optional<UtcTime> before) const {
  std::string condition = "standing = :how";
  json::object values{{":how", typed("S", how)}};
  if (before) {
    condition += " AND since_ms < :before";
    values[":before"] = number(before->time_since_epoch().count());
  }
  std::vector<SessionId> found;
  const auto read = table_.query({{"IndexName", "by_standing"},
                                  {"KeyConditionExpression", condition},
                                  {"ExpressionAttributeValues", std::move(values)}},
                                 [&](const Item& item) {
                                   if (auto id = attribute(item, "session_id", "S"))
                                     found.emplace_back(std::move(*id));
                                   return true;
                                 });
  if (!read) return tl::unexpected(read.error());
  return found;
}

Result<std::vector<SessionId>> SessionTable::ended_before(UtcTime before) const {
  return standing("ended", before);
}

Result<std::vector<StoredSession>> SessionTable::open_sessions() const {
  const auto ids = standing("open", std::nullopt);
  if (!ids) return tl::unexpected(ids.error());
  std::vector<Result<std::optional<SessionRow>>> read(ids->size());
  for_each_at_once(ids->size(), in_flight, [&](std::size_t i) { read[i] = find((*ids)[i]); });
  std::vector<SessionRow> rows;
  for (auto& row : read) {
    if (!row) return tl::unexpected(row.error());
    if (*row && !(*row)->session.ended_at) rows.push_back(std::move(**row));
  }
  std::sort(rows.begin(), rows.end(), [](const SessionRow& a, const SessionRow& b) {
    return std::tie(a.session.created_at, a.turn) < std::tie(b.session.created_at, b.turn);
  });
  std::vector<StoredSession> sessions;
  for (SessionRow& row : rows) sessions.push_back(std::move(row.session));
  return sessions;
}

Result<std::vector<StoredCaption>> SessionTable::captions(const SessionId& id,
                                                          const Language& language) const {
  const auto row = find(id);
  if (!row) return tl::unexpected(row.error());
  std::vector<StoredCaption> found;
  if (!*row) return found;
  bool broken = false;
  const auto read = table_.query(
      {{"ConsistentRead", true},
       {"KeyConditionExpression", "session_id = :id AND #item BETWEEN :first AND :last"},
       {"ExpressionAttributeNames", json::object{{"#item", "item"}}},
       {"ExpressionAttributeValues",
        json::object{{":id", typed("S", id.str())},
                     {":first", typed("S", caption_place(language, 0))},
                     {":last", typed("S", caption_place(language, 0xFFFFFFFF))}}}},
      [&](const Item& item) {
        // What is left of a session that was forgotten is not this one's.
        if (attribute(item, "generation", "S") != (*row)->generation) return true;
        auto caption = caption_of(item, language);
        broken = broken || !caption;
        if (caption) found.push_back(std::move(*caption));
        return !broken;
      });
  if (!read) return tl::unexpected(read.error());
  if (broken) return table_.broken("an item of session " + id.str() + " is not a caption");
  return found;
}

std::vector<SessionTable::Owner> SessionTable::owners_of(
    const std::vector<CaptionToPut>& captions) const {
  std::vector<Owner> owners;
  for (const CaptionToPut& caption : captions)
    if (std::none_of(owners.begin(), owners.end(),
                     [&](const Owner& owner) { return owner.id == caption.id; }))
      owners.push_back({caption.id, {}});
  for_each_at_once(owners.size(), in_flight, [&](std::size_t i) {
    const auto row = find(owners[i].id);
    if (!row)
      owners[i].generation = tl::unexpected(row.error());
    else if (*row)
      owners[i].generation = (*row)->generation;
    else
      owners[i].generation = unknown(owners[i].id);
  });
  return owners;
}

std::vector<Result<>> SessionTable::put(const std::vector<CaptionToPut>& captions) {
  const std::vector<Owner> owners = owners_of(captions);
  std::vector<Result<>> results(captions.size());
  std::mutex mutex;
  std::optional<Error> down;
  const auto put_one = [&](std::size_t i) -> Result<> {
    {
      const std::lock_guard lock(mutex);
      if (down) return tl::unexpected(*down);
    }
    if (const auto small = fits(captions[i].caption); !small) return small;
    const auto owner = std::find_if(owners.begin(), owners.end(),
                                    [&](const Owner& one) { return one.id == captions[i].id; });
    if (!owner->generation) return tl::unexpected(owner->generation.error());
    return put(captions[i], *owner->generation);
  };
  for_each_at_once(captions.size(), in_flight, [&](std::size_t i) {
    results[i] = put_one(i);
    const std::lock_guard lock(mutex);
    if (!results[i] && of_the_table(results[i].error())) down = results[i].error();
  });
  return results;
}

Result<> SessionTable::put(const CaptionToPut& caption, const std::string& generation) const {
  const auto done = table_.call(
      "PutItem",
      {{"Item", caption_item(caption.id, generation, caption.caption, table_.now())},
       {"ConditionExpression",
        "attribute_not_exists(seq) OR seq < :seq OR generation <> :generation"},
       {"ExpressionAttributeValues", json::object{{":seq", number(caption.caption.segment.seq)},
                                                  {":generation", typed("S", generation)}}}});
  if (done || is_conflict(done.error())) return {};  // what was first of this revision, or a later one, is kept
  return tl::unexpected(done.error());
}

Result<bool> SessionTable::put(const SessionId& id, const StoredFeedback& feedback,
                               std::size_t most) {
  const auto row = find(id);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return unknown(id);
  const auto earlier = table_.get(feedback_key(id, feedback.listener));
  if (!earlier) return tl::unexpected(earlier.error());
  const bool replaces = *earlier && attribute(**earlier, "generation", "S") == (*row)->generation;
  if (!replaces)
    if (const auto counted = heard_one_more(**row, most); !counted)
      return tl::unexpected(counted.error());
  const auto done = table_.call(
      "PutItem", {{"Item", feedback_item(id, (*row)->generation, feedback, table_.now())}});
  if (!done) return tl::unexpected(done.error());
  return replaces;
}

// Counted before it is kept: a process that dies in between leaves one place unused.
Result<> SessionTable::heard_one_more(const SessionRow& row, std::size_t most) {
  const SessionId& id = row.session.id;
  const auto counted = update(
      id, {{"ConditionExpression",
            "generation = :generation AND (attribute_not_exists(heard) OR heard < :most)"},
           {"UpdateExpression", "SET heard = if_not_exists(heard, :none) + :one"},
           {"ExpressionAttributeValues", json::object{{":generation", typed("S", row.generation)},
                                                      {":most", number(most)},
                                                      {":none", number(0)},
                                                      {":one", number(1)}}}});
  if (counted || !is_conflict(counted.error())) return counted;
  const auto now = find(id);
  if (!now) return tl::unexpected(now.error());
  if (!*now || (*now)->generation != row.generation) return unknown(id);
  return fail(ErrorCode::resource_exhausted,
              "session " + id.str() + " has the feedback of " + std::to_string(most) +
                  " listeners, and keeps no more",
              "listener");
}

Result<bool> SessionTable::forget(const SessionId& id, UtcTime before) {
  const auto row = find(id);
  if (!row) return tl::unexpected(row.error());
  if (!*row || !(*row)->session.ended_at || *(*row)->session.ended_at >= before) return false;
  // From here on nothing of it can be read, whatever becomes of the rest.
  const auto gone =
      table_.call("DeleteItem", {{"Key", session_key(id)},
                                 {"ConditionExpression", "generation = :generation"},
                                 {"ExpressionAttributeValues",
                                  json::object{{":generation", typed("S", (*row)->generation)}}}});
  if (!gone && !is_conflict(gone.error())) return tl::unexpected(gone.error());
  return remove_rest(id, (*row)->generation).map([] { return true; });
}

Result<> SessionTable::remove_rest(const SessionId& id, const std::string& generation) {
  const auto pause = [this](int attempt) { pause_before_retry(dependencies_, attempt); };
  for (bool more = true; more;) {
    std::vector<Item> keys;
    const auto read =
        table_.query({{"ConsistentRead", true},
                      {"KeyConditionExpression", "session_id = :id"},
                      {"ProjectionExpression", "session_id, #item, generation"},
                      {"ExpressionAttributeNames", json::object{{"#item", "item"}}},
                      {"ExpressionAttributeValues", json::object{{":id", typed("S", id.str())}}}},
                     [&](Item item) {
                       if (attribute(item, "generation", "S") != generation)
                         return true;  // its next life's
                       item.erase("generation");
                       keys.push_back(std::move(item));
                       return keys.size() < most_keys;
                     });
    if (!read) return read;
    more = keys.size() == most_keys;
    if (const auto removed = table_.remove(keys, in_flight, pause); !removed) return removed;
  }
  return {};
}

tl::unexpected<Error> SessionTable::unknown(const SessionId& id) const {
  return fail(ErrorCode::not_found, name() + " has no session " + id.str(), "id");
}

}  // namespace sotto::providers::aws::dynamodb
