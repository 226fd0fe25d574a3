#include "providers/aws/dynamodb/dynamodb_checkpoints.hpp"

#include <atomic>
#include <boost/json/object.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "providers/aws/dynamodb/dynamodb_table.hpp"

namespace sotto::providers::aws {

namespace {

namespace json = boost::json;
using dynamodb::attribute;
using dynamodb::Item;
using dynamodb::number;
using dynamodb::number_of;
using dynamodb::text_of;
using dynamodb::typed;
using ports::Checkpoint;
using ports::SavedCheckpoint;

constexpr std::chrono::days kept{7};

struct Saved {
  SavedCheckpoint checkpoint;
  std::string writer;
};

std::optional<Saved> saved_of(const Item& item) {
  const auto version = number_of<std::uint64_t>(item, "version");
  const auto at = number_of<std::int64_t>(item, "saved_at_ms");
  auto sequence_number = attribute(item, "sequence_number", "S");
  auto state = text_of(item, "state");
  if (!version || *version == 0 || !at || !sequence_number || !state) return std::nullopt;
  return Saved{
      {*version, {std::move(*sequence_number), std::move(*state), UtcTime{milliseconds{*at}}}},
      attribute(item, "writer", "S").value_or("")};
}

class DynamoDbCheckpoints : public ports::CheckpointStore {
 public:
  DynamoDbCheckpoints(std::shared_ptr<Client> client, std::string table, std::string instance)
      : table_(std::move(client), std::move(table)), instance_(std::move(instance)) {}

  std::string name() const override { return table_.name(); }

  Result<std::optional<SavedCheckpoint>> load(const SessionId& session) override {
    return get(session).map([](std::optional<Saved> saved) {
      return saved ? std::optional(std::move(saved->checkpoint)) : std::nullopt;
    });
  }

  Result<std::uint64_t> save(const SessionId& session, std::uint64_t expected,
                             const Checkpoint& checkpoint) override {
    const std::size_t size = checkpoint.sequence_number.size() + checkpoint.state.size();
    if (size > max_bytes)
      return fail(ErrorCode::resource_exhausted,
                  name() + ": the checkpoint has " + std::to_string(size) + " bytes, may have " +
                      std::to_string(max_bytes),
                  "state");
    const std::string writer = instance_ + "/" + std::to_string(++saves_);
    const auto answer = table_.call("PutItem", input(session, expected, checkpoint, writer));
    if (answer) return expected + 1;
    if (answer.error().code != ErrorCode::conflict) return tl::unexpected(answer.error());
    const auto current = get(session);
    if (!current) return tl::unexpected(current.error());
    // An answer that got lost is no conflict.
    if (*current && (*current)->writer == writer) return expected + 1;
    return tl::unexpected(
        ports::checkpoint_conflict(expected, *current ? (*current)->checkpoint.version : 0));
  }

 private:
  static Item input(const SessionId& session, std::uint64_t expected, const Checkpoint& checkpoint,
                    const std::string& writer) {
    const auto at = checkpoint.at.time_since_epoch();
    const auto expires = std::chrono::floor<std::chrono::seconds>(at + kept);
    Item item{{"session_id", typed("S", session.str())},
              {"version", number(expected + 1)},
              {"sequence_number", typed("S", checkpoint.sequence_number)},
              {"state", dynamodb::bytes(checkpoint.state)},
              {"saved_at_ms", number(at.count())},
              {"expires_at", number(expires.count())},
              {"writer", typed("S", writer)}};
    Item put{{"Item", std::move(item)}};
    if (expected == 0) {
      put["ConditionExpression"] = "attribute_not_exists(session_id)";
    } else {
      put["ConditionExpression"] = "#version = :expected";
      put["ExpressionAttributeNames"] = json::object{{"#version", "version"}};
      put["ExpressionAttributeValues"] = json::object{{":expected", number(expected)}};
    }
    return put;
  }

  Result<std::optional<Saved>> get(const SessionId& session) {
    const auto item = table_.get({{"session_id", typed("S", session.str())}});
    if (!item) return tl::unexpected(item.error());
    if (!*item) return std::nullopt;
    auto saved = saved_of(**item);
    if (!saved) return table_.broken("the item of session " + session.str() + " is no checkpoint");
    return saved;
  }

  const dynamodb::Table table_;
  const std::string instance_;
  std::atomic<std::uint64_t> saves_ = 0;
};

}  // namespace

std::unique_ptr<ports::CheckpointStore> make_dynamodb_checkpoint_store(
    std::shared_ptr<Client> client, std::string table, std::string instance) {
  return std::make_unique<DynamoDbCheckpoints>(std::move(client), std::move(table),
                                               std::move(instance));
}

}  // namespace sotto::providers::aws
