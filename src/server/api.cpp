#include "server/api.hpp"

#include <boost/json.hpp>

#include "web/assets.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

constexpr std::string_view sessions_path = "/v1/sessions";

Response reply(int status, const json::object& body) {
  Response response;
  response.status = status;
  response.body = json::serialize(body);
  return response;
}

Response reply(const Error& error) {
  Response response;
  response.status = status_of(error.code);
  response.body = error_json(error);
  return response;
}

Response not_allowed(std::string allow) {
  Response response =
      reply(Error{ErrorCode::invalid_argument, "this path takes " + allow + " only", "method"});
  response.status = 405;
  response.allow = std::move(allow);
  return response;
}

json::object describe(const HostedSession& hosted) {
  const pipeline::Session& session = *hosted.session;
  json::array targets;
  for (const Language& language : session.languages())
    if (language != session.config().language) targets.push_back(json::string(language.str()));
  return {{"session_id", session.config().id.str()},
          {"language", session.config().language.str()},
          {"targets", std::move(targets)},
          {"state", pipeline::to_string(session.state())},
          {"partial_results",
           {{"enabled", hosted.decision.enabled},
            {"reason", rollout::to_string(hosted.decision.reason)}}}};
}

// {"language":"en"} or nothing at all.
Result<Language> requested_language(const std::string& body) {
  if (body.empty()) return Language{"en"};
  json::error_code error;
  const json::value value = json::parse(body, error);
  if (error || !value.is_object())
    return fail(ErrorCode::invalid_argument,
                "the body must be a JSON object such as {\"language\":\"en\"}", "body");
  const json::value* language = value.as_object().if_contains("language");
  if (!language) return Language{"en"};
  if (!language->is_string() || language->as_string().size() > 35)
    return fail(ErrorCode::invalid_argument, "language must be a code such as \"en\"", "language");
  return Language{std::string(language->as_string())};
}

}  // namespace

std::string error_json(const Error& error) {
  return json::serialize(json::object{
      {"error",
       {{"code", to_string(error.code)}, {"message", error.message}, {"field", error.field}}}});
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return 400;
    case ErrorCode::not_found: return 404;
    case ErrorCode::already_exists: return 409;
    case ErrorCode::permission_denied: return 403;
    case ErrorCode::resource_exhausted: return 429;
    case ErrorCode::unavailable: return 503;
    case ErrorCode::deadline_exceeded: return 504;
    case ErrorCode::internal: return 500;
  }
  return 500;
}

Api::Api(bool partial_results_enabled, SessionRegistry* registry, telemetry::Log* log)
    : partial_results_enabled_(partial_results_enabled), registry_(registry), log_(log) {}

Response Api::handle(const Request& request, SessionRegistry::Clock::time_point now) {
  const std::string& path = request.path;
  if (path == "/healthz")
    return request.method == "GET" ? reply(200, {{"status", "ok"}}) : not_allowed("GET");
  if (path == "/v1/demo") {
    if (request.method != "GET") return not_allowed("GET");
    if (demo_.empty()) return reply(Error{ErrorCode::not_found, "no demo talk is on", ""});
    return reply(200, {{"session_id", demo_.str()}});
  }
  if (path == sessions_path)
    return request.method == "POST" ? create(request, now) : not_allowed("POST");
  if (path.starts_with("/v1/sessions/")) {
    const std::string id = path.substr(sessions_path.size() + 1);
    if (id.find('/') == std::string::npos) {
      if (request.method == "GET") return show(id);
      if (request.method == "DELETE") return end(id, request);
      return not_allowed("GET, DELETE");
    }
    if (id.ends_with("/captions") || id.ends_with("/audio"))
      return reply(Error{ErrorCode::invalid_argument, "this path is a WebSocket", "Upgrade"});
  }
  return page(request);
}

Result<HostedSession> Api::create_session(const Language& language,
                                          SessionRegistry::Clock::time_point now) {
  const rollout::Decision decision = rollout::decide(partial_results_enabled_);
  auto hosted = registry_->create(language, decision, now);
  if (!hosted) return hosted;
  log_->write(telemetry::Level::info, "rollout check",
              {{"session_id", hosted->session->config().id.str()},
               {"enabled", decision.enabled},
               {"reason", rollout::to_string(decision.reason)}});
  return hosted;
}

Response Api::create(const Request& request, SessionRegistry::Clock::time_point now) {
  const auto language = requested_language(request.body);
  if (!language) return reply(language.error());
  const auto hosted = create_session(*language, now);
  if (!hosted) return reply(hosted.error());
  json::object body = describe(*hosted);
  body["speaker_token"] = hosted->speaker_token;
  return reply(201, body);
}

Response Api::show(const std::string& id) const {
  const auto hosted = registry_->find(id);
  return hosted ? reply(200, describe(*hosted)) : reply(hosted.error());
}

Response Api::end(const std::string& id, const Request& request) {
  const auto hosted = registry_->find(id);
  if (!hosted) return reply(hosted.error());
  if (!same_token(request.bearer, hosted->speaker_token))
    return reply(Error{ErrorCode::permission_denied, "ending a session needs its speaker's token",
                       "Authorization"});
  hosted->session->finish();
  return reply(202, describe(*hosted));
}

Response Api::page(const Request& request) const {
  const std::string path = request.path.starts_with("/listen/") ? "/listen" : request.path;
  const web::Asset* asset = web::find_asset(path);
  if (!asset) return reply(Error{ErrorCode::not_found, "there is nothing at this path", "path"});
  if (request.method != "GET" && request.method != "HEAD") return not_allowed("GET, HEAD");
  Response response;
  response.content_type = asset->content_type;
  response.etag = asset->etag;
  if (!request.etag.empty() && request.etag == asset->etag) {
    response.status = 304;
  } else {
    response.body = asset->body;
  }
  return response;
}

}  // namespace sotto::server
