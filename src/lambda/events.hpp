#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/utc_time.hpp"

namespace sotto::lambda {

/// A record of a Kinesis stream, as an event source mapping hands it over.
struct StreamRecord {
  SessionId session;                  ///< its partition key
  std::string sequence_number;        ///< see is_sequence_number()
  std::optional<UtcTime> arrived_at;  ///< in the stream
  Result<std::string> data;           ///< decoded; or why it cannot be read
};

/// Records in the order of their shard.
struct Batch {
  std::vector<StreamRecord> records;
};

/// Somebody looks whether the function works: the guide's test event. Any JSON object that is
/// nothing else, such as `{"test":true}`.
struct TestEvent {};

/// `{"action":"invalidate_flag_cache"}`: the flag is read anew, whatever its age.
struct InvalidateFlagCache {};

using Invocation = std::variant<Batch, TestEvent, InvalidateFlagCache>;

/// A synchronous payload of AWS Lambda has 6 MB; nothing larger is read.
inline constexpr std::size_t max_payload_bytes = 6 << 20;

/// Reads what the function was invoked with. A batch is an object with `Records`, each with
/// `kinesis.partitionKey`, `.sequenceNumber`, `.data` (base64), and perhaps
/// `.approximateArrivalTimestamp` (seconds). A record whose data or partition key cannot be used is
/// in the batch, with the error. Errors: `invalid_argument` naming the member, for what is no JSON
/// object, for an action that is not known, and for a record that has no sequence number to report
/// it by. Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html
Result<Invocation> parse_invocation(std::string_view payload);

/// The answer for a batch: `{"batchItemFailures":[{"itemIdentifier":NUMBER},…]}`.
std::string batch_answer(std::span<const std::string> failed);

}  // namespace sotto::lambda
