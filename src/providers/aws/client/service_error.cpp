#include "providers/aws/client/service_error.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <initializer_list>

#include "base/utf8.hpp"
#include "json/members.hpp"

namespace sotto::providers::aws {

namespace {

constexpr std::size_t longest_message = 400;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string bare_name(std::string_view name) {
  name = name.substr(0, name.find(':'));
  name.remove_prefix(name.rfind('#') == std::string_view::npos ? 0 : name.rfind('#') + 1);
  if (name.ends_with("Exception") && name != "Exception") name.remove_suffix(9);
  return std::string(name);
}

bool is_about_signature(std::string_view name) {
  return is_one_of(name, {"SignatureDoesNotMatch", "InvalidSignature", "IncompleteSignature"});
}

// One line, at most `most` bytes, cut between UTF-8 characters.
std::string one_line(std::string text, std::size_t most) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  if (text.size() <= most) return text;
  return std::string(utf8::first_bytes(text, most)) + "...";
}

}  // namespace

ServiceError service_error(const HttpResponse& response) {
  ServiceError error;
  error.name = bare_name(response.header("x-amzn-errortype"));
  if (const auto body = json::parse_object(response.body)) {
    for (const char* member : {"__type", "code", "Code"})
      if (error.name.empty()) error.name = bare_name(json::text_member(*body, member).value_or(""));
    for (const char* member : {"message", "Message"})
      if (error.sentence.empty()) error.sentence = json::text_member(*body, member).value_or("");
  } else if (response.body.starts_with('<')) {
    if (error.name.empty()) error.name = bare_name(xml_text(response.body, "Code"));
    error.sentence = xml_text(response.body, "Message");
  }
  return error;
}

ErrorCode code_of(int status, std::string_view name) {
  if (is_about_signature(name) || name.starts_with("AccessDenied") || name.starts_with("Expired") ||
      name.starts_with("MissingAuthenticationToken") ||
      is_one_of(name,
                {"UnrecognizedClient", "InvalidClientTokenId", "NotAuthorized", "AuthFailure",
                 "UnauthorizedOperation", "OptInRequired", "RequestTimeTooSkewed", "RequestExpired",
                 "InvalidAccessKeyId", "InvalidIdentityToken", "IDPRejectedClaim"}))
    return ErrorCode::permission_denied;
  if (is_one_of(name, {"ConditionalCheckFailed", "TransactionCanceled", "TransactionConflict",
                       "ResourceConflict", "PreconditionFailed", "TooManyUpdates", "ResourceInUse",
                       "Conflict", "ConcurrentModification"}))
    return ErrorCode::conflict;
  if (name.ends_with("AlreadyExists")) return ErrorCode::already_exists;
  if (name.find("NotFound") != std::string_view::npos) return ErrorCode::not_found;
  if (is_one_of(name, {"Throttling", "Throttled", "RequestThrottled", "TooManyRequests",
                       "ProvisionedThroughputExceeded", "RequestLimitExceeded", "SlowDown",
                       "BandwidthLimitExceeded", "EC2Throttled", "ThrottledRequest"}) ||
      name.ends_with("LimitExceeded") || name.ends_with("QuotaExceeded"))
    return ErrorCode::resource_exhausted;
  if (name == "RequestTimeout") return ErrorCode::deadline_exceeded;
  switch (status) {
    case 401:
    case 403: return ErrorCode::permission_denied;
    case 404: return ErrorCode::not_found;
    case 408: return ErrorCode::deadline_exceeded;
    case 409:
    case 412: return ErrorCode::conflict;
    case 429: return ErrorCode::resource_exhausted;
    default: break;
  }
  return status >= 400 && status < 500 ? ErrorCode::invalid_argument : ErrorCode::unavailable;
}

Error to_error(std::string_view call, int status, const ServiceError& error) {
  std::string message = std::string(call) + ": ";
  message += error.name.empty() ? "answered with status " + std::to_string(status) : error.name;
  if (is_about_signature(error.name))
    message += ": the signature is not accepted; check the secret access key and the clock";
  else if (!error.sentence.empty())
    message += ": " + error.sentence;
  return {code_of(status, error.name), one_line(std::move(message), longest_message), error.name};
}

bool may_be_clock(const ServiceError& error) {
  return is_about_signature(error.name) || error.sentence.starts_with("Signature expired") ||
         error.sentence.starts_with("Signature not yet current") ||
         is_one_of(error.name,
                   {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "AuthFailure"});
}

bool is_expired_token(const ServiceError& error) {
  return is_one_of(error.name, {"ExpiredToken", "TokenRefreshRequired"});
}

std::string xml_text(std::string_view xml, std::string_view element) {
  const std::string open = "<" + std::string(element) + ">", close = "</" + std::string(element);
  const std::size_t begin = xml.find(open);
  const std::size_t end = begin == std::string_view::npos ? begin : xml.find(close, begin);
  if (end == std::string_view::npos) return {};
  std::string text(xml.substr(begin + open.size(), end - begin - open.size()));
  constexpr std::array<std::pair<std::string_view, char>, 5> entities = {
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  std::string plain;
  for (std::size_t i = 0; i < text.size();) {
    const auto entity = std::find_if(entities.begin(), entities.end(), [&](const auto& one) {
      return std::string_view(text).substr(i).starts_with(one.first);
    });
    plain += entity == entities.end() ? text[i] : entity->second;
    i += entity == entities.end() ? 1 : entity->first.size();
  }
  return plain;
}

}  // namespace sotto::providers::aws
