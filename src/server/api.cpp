#include "server/api.hpp"

#include <boost/json.hpp>

#include "json/members.hpp"
#include "web/assets.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

constexpr std::string_view sessions_path = "/v1/sessions";

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
            {"reason", rollout::to_string(hosted.decision.reason)},
            {"version", hosted.decision.version}}}};
}

}  // namespace

Api::Api(FlagAccess flag, TelemetryApi telemetry, SessionRegistry* registry, telemetry::Log* log)
    : flag_(flag),
      registry_(registry),
      log_(log),
      rollout_(std::move(flag), registry),
      ofrep_(flag_.reader),
      telemetry_(std::move(telemetry)) {}

// {"language":"en"} or nothing at all; an operator may also say which id the session gets.
Result<SessionRequest> Api::session_request(const Request& request) const {
  SessionRequest asked;
  if (request.body.empty()) return asked;
  const auto body = sotto::json::parse_object(request.body);
  if (!body)
    return fail(ErrorCode::invalid_argument,
                "the body must be a JSON object such as {\"language\":\"en\"}", "body");
  if (const json::value* language = body->if_contains("language")) {
    if (!language->is_string() || language->as_string().size() > 35)
      return fail(ErrorCode::invalid_argument, "language must be a code such as \"en\"",
                  "language");
    asked.language = Language{std::string(language->as_string())};
  }
  if (!body->contains("session_id")) return asked;
  if (flag_.operator_token.empty() || !same_token(request.bearer, flag_.operator_token))
    return fail(ErrorCode::permission_denied, "choosing the id needs the operator's token",
                "session_id");
  auto id =
      rollout::validate_session_id(sotto::json::text_member(*body, "session_id").value_or(""));
  if (!id) return tl::unexpected(id.error());
  asked.id = std::move(*id);
  return asked;
}

Response Api::handle(const Request& request, SessionRegistry::Clock::time_point now) {
  const std::string& path = request.path;
  if (path == "/healthz")
    return request.method == "GET" ? reply(200, {{"status", "ok"}}) : not_allowed("GET");
  if (RolloutApi::owns(path)) return rollout_.handle(request);
  if (Ofrep::owns(path)) return ofrep_.handle(request);
  if (TelemetryApi::owns(path)) return telemetry_.handle(request);
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

Result<HostedSession> Api::create_session(const SessionRequest& request,
                                          SessionRegistry::Clock::time_point now) {
  const auto decide = [this](const std::string& id) { return flag_.reader->decide(id); };
  auto hosted = registry_->create(request, decide, now);
  if (!hosted) return hosted;
  const rollout::Decision& decision = hosted->decision;
  log_->write(telemetry::Level::info, "rollout check",
              {{"session_id", hosted->session->config().id.str()},
               {"event", "rollout_check"},
               {"bucket", static_cast<double>(decision.bucket)},
               {"rollout_percentage", static_cast<double>(decision.rollout_percentage)},
               {"enabled", decision.enabled},
               {"reason", rollout::to_string(decision.reason)},
               {"version", static_cast<double>(decision.version)}});
  return hosted;
}

Response Api::create(const Request& request, SessionRegistry::Clock::time_point now) {
  const auto asked = session_request(request);
  if (!asked) return reply(asked.error());
  const auto hosted = create_session(*asked, now);
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
