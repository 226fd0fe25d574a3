#include "providers/aws/dynamodb_checkpoints.hpp"

#include <openssl/evp.h>

#include <atomic>
#include <boost/json/object.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "json/members.hpp"

namespace sotto::providers::aws {

namespace {

namespace json = boost::json;
using ports::Checkpoint;
using ports::SavedCheckpoint;

constexpr CallOptions quick{std::chrono::seconds{2}};
constexpr std::chrono::days kept{7};

std::string to_base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

std::optional<std::string> from_base64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0 || static_cast<std::size_t>(size) != bytes.size()) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

// {"S":"text"} and the like, a type of DynamoDB's with its value.
json::object typed(const char* type, std::string value) { return {{type, std::move(value)}}; }

std::optional<std::string> attribute(const json::object& item, const char* name, const char* type) {
  const json::value* value = item.if_contains(name);
  if (!value || !value->is_object()) return std::nullopt;
  return sotto::json::text_member(value->as_object(), type);
}

template <class Number>
std::optional<Number> number(const json::object& item, const char* name) {
  const auto text = attribute(item, name, "N");
  Number value{};
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

struct Item {
  SavedCheckpoint saved;
  std::string writer;
};

std::optional<Item> item_of(const json::object& item) {
  const auto version = number<std::uint64_t>(item, "version");
  const auto at = number<std::int64_t>(item, "saved_at_ms");
  auto sequence_number = attribute(item, "sequence_number", "S");
  const auto state = attribute(item, "state", "B");
  auto bytes = state ? from_base64(*state) : std::nullopt;
  if (!version || *version == 0 || !at || !sequence_number || !bytes) return std::nullopt;
  return Item{
      {*version, {std::move(*sequence_number), std::move(*bytes), UtcTime{milliseconds{*at}}}},
      attribute(item, "writer", "S").value_or("")};
}

class DynamoDbCheckpoints : public ports::CheckpointStore {
 public:
  DynamoDbCheckpoints(std::shared_ptr<Client> client, std::string table, std::string instance)
      : client_(std::move(client)), table_(std::move(table)), instance_(std::move(instance)) {}

  std::string name() const override { return "dynamodb:" + table_; }

  Result<std::optional<SavedCheckpoint>> load(const SessionId& session) override {
    return get(session).map([](std::optional<Item> item) {
      return item ? std::optional(std::move(item->saved)) : std::nullopt;
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
    const auto answer = client_->call(services::dynamodb, "PutItem",
                                      input(session, expected, checkpoint, writer), quick);
    if (answer) return expected + 1;
    if (answer.error().field != "ConditionalCheckFailed") return said(answer.error());
    const auto current = get(session);
    if (!current) return tl::unexpected(current.error());
    // An answer that got lost is no conflict.
    if (*current && (*current)->writer == writer) return expected + 1;
    return tl::unexpected(
        ports::checkpoint_conflict(expected, *current ? (*current)->saved.version : 0));
  }

 private:
  json::object input(const SessionId& session, std::uint64_t expected, const Checkpoint& checkpoint,
                     const std::string& writer) const {
    const auto at = checkpoint.at.time_since_epoch();
    const auto expires = std::chrono::floor<std::chrono::seconds>(at + kept);
    json::object item{{"session_id", typed("S", session.str())},
                      {"version", typed("N", std::to_string(expected + 1))},
                      {"sequence_number", typed("S", checkpoint.sequence_number)},
                      {"state", typed("B", to_base64(checkpoint.state))},
                      {"saved_at_ms", typed("N", std::to_string(at.count()))},
                      {"expires_at", typed("N", std::to_string(expires.count()))},
                      {"writer", typed("S", writer)}};
    json::object put{{"TableName", table_}, {"Item", std::move(item)}};
    if (expected == 0) {
      put["ConditionExpression"] = "attribute_not_exists(session_id)";
    } else {
      put["ConditionExpression"] = "#version = :expected";
      put["ExpressionAttributeNames"] = json::object{{"#version", "version"}};
      put["ExpressionAttributeValues"] =
          json::object{{":expected", typed("N", std::to_string(expected))}};
    }
    return put;
  }

  Result<std::optional<Item>> get(const SessionId& session) {
    const auto answer =
        client_->call(services::dynamodb, "GetItem",
                      {{"TableName", table_},
                       {"Key", json::object{{"session_id", typed("S", session.str())}}},
                       {"ConsistentRead", true}},
                      quick);
    if (!answer) return said(answer.error());
    const json::value* item = answer->if_contains("Item");
    if (!item || !item->is_object()) return std::nullopt;
    auto read = item_of(item->as_object());
    if (!read)
      return fail(ErrorCode::unavailable,
                  name() + ": the item of session " + session.str() + " is no checkpoint");
    return read;
  }

  tl::unexpected<Error> said(Error error) const {
    error.message = name() + ": " + error.message;
    if (error.code != ErrorCode::permission_denied) error.code = ErrorCode::unavailable;
    return tl::unexpected(std::move(error));
  }

  const std::shared_ptr<Client> client_;
  const std::string table_, instance_;
  std::atomic<std::uint64_t> saves_ = 0;
};

}  // namespace

std::unique_ptr<ports::CheckpointStore> make_dynamodb_checkpoint_store(
    std::shared_ptr<Client> client, std::string table, std::string instance) {
  return std::make_unique<DynamoDbCheckpoints>(std::move(client), std::move(table),
                                               std::move(instance));
}

}  // namespace sotto::providers::aws
