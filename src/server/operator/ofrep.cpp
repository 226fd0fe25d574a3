#include "server/operator/ofrep.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>
#include <string_view>

#include "json/members.hpp"
#include "json/text.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

constexpr std::string_view root = "/ofrep/v1/evaluate/flags";
constexpr std::array<std::string_view, 3> keys = {"partial-results", "min-stability-threshold",
                                                  "max-buffer-timeout"};
constexpr std::size_t max_key = 256;

// `key` is null where all flags were asked for: the protocol wants it in every other failure.
Response failure(int status, const std::string* key, std::string_view code,
                 const std::string& details) {
  json::object body{{"errorCode", code}, {"errorDetails", details}};
  if (key) body["key"] = key->substr(0, max_key);
  return reply(status, body);
}

// Whether If-None-Match names the tag (RFC 9110, 13.1.2): a list, `*`, and weak tags match too.
bool names(std::string_view if_none_match, std::string_view tag) {
  if (if_none_match == "*") return true;
  while (true) {
    const std::size_t begin = if_none_match.find('"');
    if (begin == std::string_view::npos) return false;
    const std::size_t end = if_none_match.find('"', begin + 1);
    if (end == std::string_view::npos) return false;
    if (if_none_match.substr(begin, end + 1 - begin) == tag) return true;
    if_none_match.remove_prefix(end + 1);
  }
}

// OpenFeature's word for a reason (specification, section 1.4.7 and its types).
std::string_view open_feature_reason(rollout::Reason reason) {
  switch (reason) {
    case rollout::Reason::rollout:
    case rollout::Reason::outside_rollout:
    case rollout::Reason::control_group:
    case rollout::Reason::a_a: return "SPLIT";
    case rollout::Reason::disabled:
    case rollout::Reason::stepped_back: return "DISABLED";
    case rollout::Reason::environment_off: return "STATIC";
    case rollout::Reason::override_on:
    case rollout::Reason::override_off: return "TARGETING_MATCH";
    case rollout::Reason::fallback: return "DEFAULT";
  }
  return "UNKNOWN";
}

json::object evaluation(std::string_view key, const rollout::Evaluation& decision) {
  json::object body{{"key", key}};
  if (key == "partial-results") {
    body["value"] = decision.enabled;
    body["variant"] = decision.enabled ? "on" : "off";
    body["reason"] = open_feature_reason(decision.reason);
  } else {
    body["value"] = key == "max-buffer-timeout" ? to_seconds(decision.max_buffer_timeout)
                                                : decision.min_stability_threshold;
    body["variant"] = "configured";
    body["reason"] = "STATIC";
  }
  body["metadata"] = {{"version", decision.version},
                      {"bucket", decision.bucket},
                      {"sottoReason", rollout::to_string(decision.reason)}};
  return body;
}

}  // namespace

bool Ofrep::owns(const std::string& path) {
  return path == root || path.starts_with(std::string(root) + "/");
}

Response Ofrep::handle(const Request& request) const {
  if (request.method != "POST") return not_allowed("POST");
  const bool all = request.path == root;
  const std::string key = all ? std::string() : request.path.substr(root.size() + 1);
  const std::string* const asked = all ? nullptr : &key;
  if (!all && std::find(keys.begin(), keys.end(), key) == keys.end())
    return failure(404, asked, "FLAG_NOT_FOUND",
                   "the keys are partial-results, min-stability-threshold and max-buffer-timeout");
  const auto body = sotto::json::parse_object(request.body);
  if (!body)
    return failure(400, asked, "PARSE_ERROR",
                   R"(the body must be {"context":{"targetingKey":"golden-eagle-427"}})");
  const json::value* context = body->if_contains("context");
  if (!context || !context->is_object())
    return failure(400, asked, "INVALID_CONTEXT", "context must be an object");
  const auto session = sotto::json::text_member(context->as_object(), "targetingKey");
  if (!session || session->empty())
    return failure(400, asked, "TARGETING_KEY_MISSING", "targetingKey must be the session's id");
  if (auto id = rollout::validate_session_id(*session); !id)
    return failure(400, asked, "INVALID_CONTEXT", id.error().message);
  const rollout::Evaluation decision = reader_->decide(*session);
  if (!all) return reply(200, evaluation(key, decision));
  json::array flags;
  for (const std::string_view known : keys) flags.push_back(evaluation(known, decision));
  Response response = reply(200, {{"flags", std::move(flags)}});
  // An entity tag of all that the answer is made of, for clients that ask again and again: a new
  // store counts its versions from 1 again.
  response.etag = "\"" + std::to_string(decision.version) + "-" +
                  std::string(rollout::to_string(decision.reason)) + "-" +
                  std::to_string(decision.bucket) + "-" +
                  sotto::json::to_text(decision.min_stability_threshold) + "-" +
                  std::to_string(decision.max_buffer_timeout.count()) + "\"";
  if (names(request.etag, response.etag)) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

}  // namespace sotto::server
