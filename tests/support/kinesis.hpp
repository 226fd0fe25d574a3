#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::testing {

/// RFC 4648, with padding.
inline std::string base64(std::string_view bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j)
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j <= bytes.size() ? alphabet[bits >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

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
             base64(record.data) + R"(","approximateArrivalTimestamp":)" + arrived +
             R"(},"eventSource":"aws:kinesis","eventVersion":"1.0",)"
             R"("eventID":"shardId-000000000006:)" +
             record.sequence_number +
             R"(","eventName":"aws:kinesis:record","awsRegion":"us-east-1",)"
             R"("eventSourceARN":"arn:aws:kinesis:us-east-1:123456789012:stream/transcripts"})";
  }
  return event + "]}";
}

}  // namespace sotto::testing
