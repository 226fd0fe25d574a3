#pragma once

#include <boost/json/object.hpp>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "providers/aws/client/client.hpp"

/// What the stores in DynamoDB share: values as its JSON has them (Amazon DynamoDB API Reference,
/// AttributeValue), and a table.
namespace sotto::providers::aws::dynamodb {

using Item = boost::json::object;  ///< attributes by name, or an item's key

/// {"S":"text"} and the like, a type of DynamoDB's with its value.
boost::json::object typed(const char* type, std::string value);

/// {"N":"17"}.
template <class Number>
boost::json::object number(Number value) {
  std::string text(32, '\0');
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  text.resize(static_cast<std::size_t>(written.ptr - text.data()));
  return typed("N", std::move(text));
}

/// A text as S, which people can read, or as B (base64) where it is not UTF-8.
boost::json::object text(const std::string& value);

/// Bytes as B.
boost::json::object bytes(const std::string& value);

/// The value of an attribute of that type; nothing where it is missing or of another one.
std::optional<std::string> attribute(const Item& item, std::string_view name, const char* type);

/// What text() or bytes() made; nothing where it is neither.
std::optional<std::string> text_of(const Item& item, std::string_view name);

/// An N; nothing where it is missing or out of range.
template <class Number>
std::optional<Number> number_of(const Item& item, std::string_view name) {
  const auto text = attribute(item, name, "N");
  Number value{};
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

/// A BOOL; false where it is missing.
bool flag_of(const Item& item, std::string_view name);

/// A number in a sort key, so that the keys' order is the numbers': 0s before it, `digits` in all.
std::string padded(std::uint64_t number, std::size_t digits);
/// What padded() made; nothing where it is none.
std::optional<std::uint64_t> unpadded(std::string_view text, std::size_t digits);

/// What is in an item beside its key and bookkeeping may have so many bytes: an item has 400 kB at
/// the most, names and key included (Service quotas: "Maximum item size").
constexpr std::size_t max_content = 380'000;

/// May it be a partition key: 1 to 2048 bytes (Service quotas: "Partition key length")?
bool may_be_partition_key(std::string_view key);

/// A table. Each call takes 2 s at the most, with all its attempts. Thread-safe.
///
/// Errors of all: `conflict` where a condition was not met, or a transaction was in the way (field
/// `ConditionalCheckFailed`, `TransactionCanceled`, `TransactionConflict`,
/// `TransactionInProgress`); `permission_denied`; else `unavailable`. The message names the table.
class Table {
 public:
  Table(std::shared_ptr<Client> client, std::string name)
      : client_(std::move(client)), table_(std::move(name)) {}

  /// `dynamodb:TABLE`.
  std::string name() const { return "dynamodb:" + table_; }
  const std::string& table() const { return table_; }

  /// An operation on one table: TableName is added.
  Result<Item> call(std::string_view operation, Item input) const;

  /// An operation whose input names its tables itself.
  Result<Item> call_as_is(std::string_view operation, const Item& input) const;

  /// An item by its key, read consistently.
  Result<std::optional<Item>> get(Item key) const;

  /// A Query, page by page (1 MB at the most each), until `take` has enough and says false.
  Result<> query(Item input, const std::function<bool(Item)>& take) const;

  /// Deletes items by their keys, 25 a call (BatchWriteItem), `at_once` calls at a time. What the
  /// table puts off is asked for again, five times, with `pause(attempt)` before each.
  Result<> remove(const std::vector<Item>& keys, std::size_t at_once,
                  const std::function<void(int)>& pause) const;

  /// The time by AWS's clock.
  UtcTime now() const { return client_->now(); }

  tl::unexpected<Error> broken(const std::string& what) const;

 private:
  Result<> remove_some(boost::json::array requests, const std::function<void(int)>& pause) const;

  std::shared_ptr<Client> client_;
  std::string table_;
};

/// Waits after attempt number `attempt` (from 1) at what was in somebody's way: by chance up to 25
/// ms, then 50 ms, and so on up to 400 ms.
void pause_before_retry(const ClientDependencies& dependencies, int attempt);

/// Calls work(0) to work(count - 1) on up to `at_once` threads, this one among them, and returns
/// when all have returned. `work` must not throw.
void for_each_at_once(std::size_t count, std::size_t at_once,
                      const std::function<void(std::size_t)>& work);

}  // namespace sotto::providers::aws::dynamodb
