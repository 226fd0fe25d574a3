#include "tests/support/transcribe_request_check.hpp"

#include <map>

#include "providers/aws/client/sigv4.hpp"

namespace sotto::testing {

namespace aws = providers::aws;

namespace {

constexpr std::string_view path = "/stream-transcription-websocket";

// Names and values as they stand, percent-encoded.
std::map<std::string, std::string> parameters_of(std::string_view query) {
  std::map<std::string, std::string> parameters;
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) continue;
    parameters.emplace(one.substr(0, equals), one.substr(equals + 1));
  }
  return parameters;
}

// 20260228T120000Z
std::optional<UtcTime> time_of(const std::string& date) {
  if (date.size() != 16) return std::nullopt;
  const auto time = parse_utc(date.substr(0, 4) + "-" + date.substr(4, 2) + "-" +
                              date.substr(6, 5) + ":" + date.substr(11, 2) + ":" + date.substr(13));
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace

TranscribeRefusal check_transcribe_request(std::string_view target, std::string_view host,
                                           std::string_view region,
                                           const aws::Credentials& credentials, UtcTime now) {
  if (!target.starts_with(std::string(path) + "?")) return {404, "UnknownOperationException"};
  const std::string query(target.substr(path.size() + 1));
  auto got = parameters_of(query);
  const auto time = time_of(got["X-Amz-Date"]);
  const std::string scope = "%2F" + got["X-Amz-Date"].substr(0, 8) + "%2F" + std::string(region) +
                            "%2Ftranscribe%2Faws4_request";
  if (got["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256" || !time || got["X-Amz-SignedHeaders"] != "host")
    return {403, "IncompleteSignatureException"};
  if (got["X-Amz-Credential"] != credentials.access_key_id + scope)
    return {403, "UnrecognizedClientException"};
  if (got["X-Amz-Expires"].empty() || std::stoi(got["X-Amz-Expires"]) > 300)
    return {403, "InvalidSignatureException"};
  // Signed is all of the query but the signature.
  std::string is_signed = query;
  const std::string signature = "X-Amz-Signature=" + got["X-Amz-Signature"];
  const std::size_t at = is_signed.find(signature);
  if (at == std::string::npos) return {403, "IncompleteSignatureException"};
  is_signed.erase(at == 0 ? 0 : at - 1, signature.size() + 1);
  aws::SignableRequest request;
  request.path = std::string(path);
  request.query = is_signed;
  request.headers = {{"Host", std::string(host)}};
  if (aws::signature_of(aws::canonical_request(request), credentials,
                        {std::string(region), "transcribe"}, *time) != got["X-Amz-Signature"])
    return {403, "InvalidSignatureException"};
  if (now > *time + std::chrono::seconds{std::stoi(got["X-Amz-Expires"])})
    return {403, "InvalidSignatureException",
            "Signature expired: " + got["X-Amz-Date"] + " is now earlier than the service's time"};
  if (now < *time - std::chrono::minutes{5})
    return {
        403, "InvalidSignatureException",
        "Signature not yet current: " + got["X-Amz-Date"] + " is later than the service's time"};
  if (got["language-code"].empty() || got["media-encoding"] != "pcm" ||
      got["sample-rate"] != "16000")
    return {400, "BadRequestException"};
  return {};
}

}  // namespace sotto::testing
