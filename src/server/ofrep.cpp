#include "server/ofrep.hpp"

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

Response failure(int status, const std::string& key, std::string_view code,
                 const std::string& details) {
  json::object body{{"errorCode", code}, {"errorDetails", details}};
  if (!key.empty()) body["key"] = key;
  return reply(status, body);
}

// OpenFeature's word for a reason (specification, section 1.4.7 and its types).
std::string_view open_feature_reason(rollout::Reason reason) {
  switch (reason) {
    case rollout::Reason::rollout:
    case rollout::Reason::outside_rollout: return "SPLIT";
    case rollout::Reason::disabled: return "DISABLED";
    case rollout::Reason::environment_off: return "STATIC";
    case rollout::Reason::override_on:
    case rollout::Reason::override_off: return "TARGETING_MATCH";
    case rollout::Reason::fallback: return "DEFAULT";
  }
  return "UNKNOWN";
}

json::object evaluation(std::string_view key, const rollout::Decision& decision) {
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
  const std::string key =
      request.path.size() > root.size() ? request.path.substr(root.size() + 1) : std::string();
  const bool all = request.path == root;
  if (!all && std::find(keys.begin(), keys.end(), key) == keys.end())
    return failure(404, key.substr(0, max_key), "FLAG_NOT_FOUND",
                   "the keys are partial-results, min-stability-threshold and max-buffer-timeout");
  const auto body = sotto::json::parse_object(request.body);
  if (!body)
    return failure(400, key, "PARSE_ERROR",
                   R"(the body must be {"context":{"targetingKey":"golden-eagle-427"}})");
  const json::value* context = body->if_contains("context");
  if (!context || !context->is_object())
    return failure(400, key, "INVALID_CONTEXT", "context must be an object");
  const auto session = sotto::json::text_member(context->as_object(), "targetingKey");
  if (!session || session->empty())
    return failure(400, key, "TARGETING_KEY_MISSING", "targetingKey must be the session's id");
  if (auto id = rollout::validate_session_id(*session); !id)
    return failure(400, key, "INVALID_CONTEXT", id.error().message);
  const rollout::Decision decision = reader_->decide(*session);
  if (!all) return reply(200, evaluation(key, decision));
  json::array flags;
  for (const std::string_view known : keys) flags.push_back(evaluation(known, decision));
  Response response = reply(200, {{"flags", std::move(flags)}});
  // An entity tag that changes with the answer, for clients that ask again and again.
  response.etag = "\"" + std::to_string(decision.version) + "-" +
                  std::string(rollout::to_string(decision.reason)) + "-" +
                  std::to_string(decision.bucket) + "\"";
  if (request.etag == response.etag) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

}  // namespace sotto::server
