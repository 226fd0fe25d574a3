#include "lambda/events.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <utility>

#include "base/encoding.hpp"
#include "json/members.hpp"
#include "lambda/sequence_number.hpp"
#include "rollout/flag.hpp"

namespace sotto::lambda {

namespace js = boost::json;

namespace {

constexpr std::size_t max_records = 10'000;  // of an event source mapping's batch

tl::unexpected<Error> wrong(std::string message, std::string field) {
  return fail(ErrorCode::invalid_argument, std::move(message), std::move(field));
}

std::optional<UtcTime> arrival_of(const js::object& kinesis) {
  const js::value* at = kinesis.if_contains("approximateArrivalTimestamp");
  if (!at || !at->is_number()) return std::nullopt;
  const double seconds = at->to_number<double>();
  if (!(seconds > 0 && seconds < 1e11)) return std::nullopt;
  return UtcTime{milliseconds{std::llround(seconds * 1000)}};
}

Result<std::string> data_of(const js::object& kinesis) {
  const js::value* data = kinesis.if_contains("data");
  if (!data || !data->is_string()) return wrong("kinesis.data must be base64 text", "data");
  auto bytes = from_base64(data->get_string());
  if (!bytes) return wrong("kinesis.data must be base64 text", "data");
  return std::move(*bytes);
}

Result<StreamRecord> read_record(const js::value& value) {
  const js::object* record = value.if_object();
  const js::value* nested = record ? record->if_contains("kinesis") : nullptr;
  const js::object* kinesis = nested ? nested->if_object() : nullptr;
  if (!kinesis) return wrong("each of Records must have an object \"kinesis\"", "kinesis");
  auto number = json::text_member(*kinesis, "sequenceNumber");
  if (!number || !is_sequence_number(*number))
    return wrong("kinesis.sequenceNumber must be a decimal number as text", "sequenceNumber");
  StreamRecord read{{}, std::move(*number), arrival_of(*kinesis), data_of(*kinesis)};
  auto key = json::text_member(*kinesis, "partitionKey").value_or("");
  const auto valid = rollout::validate_session_id(key);
  if (!valid)
    read.data =
        wrong("kinesis.partitionKey is no session's id: " + valid.error().message, "partitionKey");
  read.session = SessionId{std::move(key)};
  return read;
}

Result<Invocation> read_batch(const js::value& records) {
  const js::array* list = records.if_array();
  if (!list || list->size() > max_records)
    return wrong("Records must be a list of at most 10000", "Records");
  Batch batch;
  batch.records.reserve(list->size());
  for (const js::value& record : *list) {
    auto read = read_record(record);
    if (!read) return tl::unexpected(read.error());
    batch.records.push_back(std::move(*read));
  }
  return batch;
}

}  // namespace

Result<Invocation> parse_invocation(std::string_view payload) {
  if (payload.size() > max_payload_bytes) return wrong("the event is larger than 6 MB", "event");
  const auto event = json::parse_object(payload);
  if (!event) return wrong("the event must be a JSON object", "event");
  if (const js::value* records = event->if_contains("Records")) return read_batch(*records);
  const js::value* action = event->if_contains("action");
  if (!action) return TestEvent{};
  if (action->is_string() && action->get_string() == "invalidate_flag_cache")
    return InvalidateFlagCache{};
  return wrong("action must be \"invalidate_flag_cache\"", "action");
}

std::string batch_answer(std::span<const std::string> failed) {
  js::array items;
  for (const std::string& number : failed) items.push_back(js::object{{"itemIdentifier", number}});
  return js::serialize(js::object{{"batchItemFailures", std::move(items)}});
}

}  // namespace sotto::lambda
