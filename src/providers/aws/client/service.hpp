#pragma once

#include <cstdint>
#include <string_view>

namespace sotto::providers::aws {

/// What a client has to know of a service, all of it from the service's API reference.
struct Service {
  std::string_view name = {};           ///< in messages, and in AWS_ENDPOINT_URL_<NAME>
  std::string_view host = {};           ///< its host is HOST.REGION.amazonaws.com
  std::string_view signing_name = {};   ///< in the credential scope of a signature
  std::string_view target_prefix = {};  ///< JSON-RPC: before the operation in X-Amz-Target
  std::string_view json_version = {};   ///< JSON-RPC: 1.0 or 1.1
  std::string_view api_version = {};    ///< query protocol: the Version parameter
  std::uint16_t port = 443;
};

namespace services {

inline constexpr Service ssm{"SSM", "ssm", "ssm", "AmazonSSM", "1.1"};
inline constexpr Service dynamodb{"DynamoDB", "dynamodb", "dynamodb", "DynamoDB_20120810", "1.0"};
inline constexpr Service cloudwatch{
    "CloudWatch", "monitoring", "monitoring", "GraniteServiceVersion20100801", "1.0", "2010-08-01"};
inline constexpr Service cloudwatch_logs{"CloudWatch Logs", "logs", "logs", "Logs_20140328", "1.1"};
inline constexpr Service kinesis{"Kinesis", "kinesis", "kinesis", "Kinesis_20131202", "1.1"};
inline constexpr Service lambda{"Lambda", "lambda", "lambda"};
inline constexpr Service polly{"Polly", "polly", "polly"};
inline constexpr Service sts{"STS", "sts", "sts", "", "", "2011-06-15"};
/// As its WebSockets are reached.
inline constexpr Service transcribe_streaming{
    "Transcribe Streaming", "transcribestreaming", "transcribe", "", "", "", 8443};
inline constexpr Service translate{"Translate", "translate", "translate",
                                   "AWSShineFrontendService_20170701", "1.1"};

}  // namespace services

}  // namespace sotto::providers::aws
