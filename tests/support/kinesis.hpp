#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/encoding.hpp"

namespace sotto::testing {

/// A record of a stream before it is in a batch.
struct Sent {
  std::string session;
  std::string data;
  std::string sequence_number;
};

/// A sequence number as Kinesis gives them, of 56 digits, rising with `n`.
inline std::string sequence_number(std::size_t n) {
  const std::string digits = std::to_string(n);
  return "495903382714902566085596925383615710" + std::string(20 - digits.size(), '0') + digits;
}

/// The event that an event source mapping invokes the function with. The records came into the
/// stream at `arrived` (seconds).
inline std::string kinesis_event(const std::vector<Sent>& records,
                                 const std::string& arrived = "1764000000.25") {
  std::string event = R"({"Records":[)";
  for (const Sent& record : records) {
    if (event.back() == '}') event += ',';
    event += R"({"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":")" + record.session +
             R"(","sequenceNumber":")" + record.sequence_number + R"(","data":")" +
             to_base64(record.data) + R"(","approximateArrivalTimestamp":)" + arrived +
             R"(},"eventSource":"aws:kinesis","eventVersion":"1.0",)"
             R"("eventID":"shardId-000000000006:)" +
             record.sequence_number +
             R"(","eventName":"aws:kinesis:record","awsRegion":"us-east-1",)"
             R"("eventSourceARN":"arn:aws:kinesis:us-east-1:123456789012:stream/transcripts"})";
  }
  return event + "]}";
}

}  // namespace sotto::testing
