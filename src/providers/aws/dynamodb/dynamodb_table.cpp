#include "providers/aws/dynamodb/dynamodb_table.hpp"

#include <algorithm>
#include <atomic>
#include <boost/json/array.hpp>
#include <chrono>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/encoding.hpp"
#include "base/utf8.hpp"
#include "json/members.hpp"

namespace sotto::providers::aws::dynamodb {

namespace {

namespace json = boost::json;

constexpr CallOptions quick{std::chrono::seconds{2}};
constexpr std::size_t removed_a_call = 25;  // BatchWriteItem's bound
constexpr int most_attempts = 6;

const json::object* object_in(const Item& item, std::string_view name) {
  const json::value* value = item.if_contains(name);
  return value ? value->if_object() : nullptr;
}

}  // namespace

json::object typed(const char* type, std::string value) { return {{type, std::move(value)}}; }

json::object bytes(const std::string& value) { return typed("B", to_base64(value)); }

json::object text(const std::string& value) {
  return utf8::is_valid(value) ? typed("S", value) : bytes(value);
}

std::optional<std::string> attribute(const Item& item, std::string_view name, const char* type) {
  const json::object* value = object_in(item, name);
  return value ? sotto::json::text_member(*value, type) : std::nullopt;
}

std::optional<std::string> text_of(const Item& item, std::string_view name) {
  if (auto plain = attribute(item, name, "S")) return plain;
  const auto encoded = attribute(item, name, "B");
  return encoded ? from_base64(*encoded) : std::nullopt;
}

bool flag_of(const Item& item, std::string_view name) {
  const json::object* value = object_in(item, name);
  const json::value* flag = value ? value->if_contains("BOOL") : nullptr;
  return flag && flag->is_bool() && flag->get_bool();
}

std::string padded(std::uint64_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  return text.size() < digits ? std::string(digits - text.size(), '0') + text : text;
}

std::optional<std::uint64_t> unpadded(std::string_view text, std::size_t digits) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.size() != digits)
    return std::nullopt;
  return number;
}

bool may_be_partition_key(std::string_view key) {
  return !key.empty() && key.size() <= 2048 && utf8::is_valid(key);
}

Result<Item> Table::call(std::string_view operation, Item input) const {
  input["TableName"] = table_;
  return call_as_is(operation, input);
}

Result<Item> Table::call_as_is(std::string_view operation, const Item& input) const {
  auto answer = client_->call(services::dynamodb, operation, input, quick);
  if (answer) return answer;
  Error error = std::move(answer.error());
  error.message = name() + ": " + error.message;
  const bool condition =
      error.field == "ConditionalCheckFailed" || error.field == "TransactionCanceled" ||
      error.field == "TransactionConflict" || error.field == "TransactionInProgress";
  if (condition)
    error.code = ErrorCode::conflict;
  else if (error.code != ErrorCode::permission_denied)
    error.code = ErrorCode::unavailable;
  return tl::unexpected(std::move(error));
}

Result<std::optional<Item>> Table::get(Item key) const {
  auto answer = call("GetItem", {{"Key", std::move(key)}, {"ConsistentRead", true}});
  if (!answer) return tl::unexpected(answer.error());
  json::value* item = answer->if_contains("Item");
  if (!item || !item->is_object()) return std::nullopt;
  return std::move(item->get_object());
}

Result<> Table::query(Item input, const std::function<bool(Item)>& take) const {
  for (;;) {
    auto answer = call("Query", input);
    if (!answer) return tl::unexpected(answer.error());
    if (json::value* items = answer->if_contains("Items"); items && items->is_array())
      for (json::value& item : items->get_array())
        if (item.is_object() && !take(std::move(item.get_object()))) return {};
    const json::object* last = object_in(*answer, "LastEvaluatedKey");
    if (!last || last->empty()) return {};
    input["ExclusiveStartKey"] = *last;
  }
}

Result<> Table::remove(const std::vector<Item>& keys, std::size_t at_once,
                       const std::function<void(int)>& pause) const {
  std::mutex mutex;
  Result<> removed;
  const std::size_t calls = (keys.size() + removed_a_call - 1) / removed_a_call;
  for_each_at_once(calls, at_once, [&](std::size_t call) {
    json::array requests;
    const std::size_t begin = call * removed_a_call;
    for (std::size_t i = begin; i < std::min(keys.size(), begin + removed_a_call); ++i)
      requests.push_back(json::object{{"DeleteRequest", json::object{{"Key", keys[i]}}}});
    {
      const std::lock_guard lock(mutex);
      if (!removed) return;  // the table does not answer
    }
    const auto done = remove_some(std::move(requests), pause);
    const std::lock_guard lock(mutex);
    if (!done && removed) removed = done;
  });
  return removed;
}

Result<> Table::remove_some(json::array requests, const std::function<void(int)>& pause) const {
  for (int attempt = 1;; ++attempt) {
    auto answer = call_as_is("BatchWriteItem",
                             {{"RequestItems", json::object{{table_, std::move(requests)}}}});
    if (!answer) return tl::unexpected(answer.error());
    const json::object* put_off = object_in(*answer, "UnprocessedItems");
    const json::value* rest = put_off ? put_off->if_contains(table_) : nullptr;
    if (!rest || !rest->is_array() || rest->get_array().empty()) return {};
    if (attempt == most_attempts) return broken("puts off what is to be deleted");
    requests = rest->get_array();
    pause(attempt);
  }
}

tl::unexpected<Error> Table::broken(const std::string& what) const {
  return fail(ErrorCode::unavailable, name() + ": " + what);
}

void pause_before_retry(const ClientDependencies& dependencies, int attempt) {
  constexpr double first_ms = 25;
  const int doublings = std::clamp(attempt - 1, 0, 4);
  const double most = first_ms * static_cast<double>(1U << static_cast<unsigned>(doublings));
  dependencies.sleep(milliseconds{static_cast<milliseconds::rep>(dependencies.random() * most)});
}

void for_each_at_once(std::size_t count, std::size_t at_once,
                      const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::thread> others;
  try {
    for (std::size_t i = 1; i < std::min(count, at_once); ++i) others.emplace_back(run);
  } catch (const std::system_error&) {
    // The system has no thread left: those that there are do it.
  }
  run();
  for (std::thread& other : others) other.join();
}

}  // namespace sotto::providers::aws::dynamodb
