#include "server/sessions/sessions_api.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "access/tokens.hpp"
#include "json/members.hpp"
#include "server/operator/operator_right.hpp"
#include "server/sessions/session_json.hpp"
#include "server/sessions/transcript_export.hpp"
#include "server/websocket/listening.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

constexpr std::string_view root = "/v1/sessions";
constexpr std::size_t longest_language = 35;  // RFC 5646, section 4.4.1
constexpr std::chrono::seconds transcript_patience{20};
// So long one that was written is given to others too.
constexpr std::chrono::seconds fresh_while_live{3}, fresh_after_end{30};

// "{id}" and what follows its slash.
struct SessionPath {
  std::string id, leaf;
};

SessionPath split(const std::string& path) {
  const std::string rest = path.substr(std::min(path.size(), root.size() + 1));
  const std::size_t slash = rest.find('/');
  if (slash == std::string::npos) return {rest, ""};
  return {rest.substr(0, slash), rest.substr(slash + 1)};
}

bool is_transcript(const std::string& leaf) { return leaf.starts_with("captions."); }

Result<ports::StoredFeedback> parse_feedback(const std::string& text, UtcTime now) {
  const auto body = sotto::json::parse_object(text);
  if (!body)
    return fail(ErrorCode::invalid_argument,
                R"(the body must be a JSON object such as {"rating":"up","listener":"…"})", "body");
  ports::StoredFeedback feedback;
  feedback.rating = sotto::json::text_member(*body, "rating").value_or("");
  if (feedback.rating != "up" && feedback.rating != "neutral" && feedback.rating != "down")
    return fail(ErrorCode::invalid_argument, R"(rating must be "up", "neutral" or "down")",
                "rating");
  feedback.listener = sotto::json::text_member(*body, "listener").value_or("");
  if (feedback.listener.size() < 8 || feedback.listener.size() > 64)
    return fail(ErrorCode::invalid_argument, "listener must have 8 to 64 characters", "listener");
  feedback.language = Language{sotto::json::text_member(*body, "language").value_or("")};
  if (feedback.language.str().size() > longest_language)
    return fail(ErrorCode::invalid_argument, "language must be a code such as \"es\"", "language");
  feedback.at = now;
  return feedback;
}

pipeline::Rating rating_of(const std::string& rating) {
  if (rating == "up") return pipeline::Rating::up;
  return rating == "down" ? pipeline::Rating::down : pipeline::Rating::neutral;
}

telemetry::Counter counter_of(const std::string& rating) {
  if (rating == "up") return telemetry::Counter::feedback_positive;
  if (rating == "down") return telemetry::Counter::feedback_negative;
  return telemetry::Counter::feedback_neutral;
}

}  // namespace

SessionsApi::SessionsApi(FlagAccess flag, SessionRegistry* registry, telemetry::Metrics* metrics,
                         telemetry::Log* log, const ClientLimits& limits, StartRules start)
    : flag_(std::move(flag)),
      registry_(registry),
      metrics_(metrics),
      log_(log),
      new_sessions_(limits.new_sessions_burst, limits.new_sessions_per_minute / 60),
      feedback_(limits.feedback_burst, limits.feedback_per_minute / 60),
      feedback_of_listener_(limits.feedback_of_listener_burst,
                            limits.feedback_of_listener_per_minute / 60),
      transcripts_(limits.transcripts_burst, limits.transcripts_per_minute / 60),
      downloads_(limits.downloads_burst, limits.downloads_per_minute / 60),
      start_(std::move(start)) {}

bool SessionsApi::owns(const std::string& path) {
  return path == root || path.starts_with(std::string(root) + "/") || path == "/v1/languages";
}

bool SessionsApi::may_wait(const Request& request) const {
  if (!owns(request.path) || request.path == "/v1/languages") return false;
  const SessionPath path = split(request.path);
  if (request.method == "GET" && path.leaf.empty())
    return !path.id.empty() && !registry_->find(path.id);
  return true;
}

bool SessionsApi::is_operator(const Request& request) const {
  return may(flag_, request, access::Role::operating);
}

Response SessionsApi::too_many(const RateLimiter& limiter) {
  Response response = reply(Error{
      ErrorCode::resource_exhausted,
      "too many requests; come again in " + std::to_string(limiter.wait().count()) + " s", ""});
  response.retry_after = static_cast<int>(limiter.wait().count());
  return response;
}

Response SessionsApi::handle(const Request& request, SessionRegistry::Clock::time_point now) {
  const bool get = request.method == "GET", post = request.method == "POST";
  if (request.path == "/v1/languages") return get ? languages() : not_allowed("GET");
  const SessionPath path = split(request.path);
  if (path.id.empty()) {
    if (get) return list(request);
    return post ? create(request, now) : not_allowed("GET, POST");
  }
  if (path.leaf.empty()) {
    if (get) return show(path.id);
    return request.method == "DELETE" ? end(path.id, request) : not_allowed("GET, DELETE");
  }
  if (path.leaf == "feedback") return post ? feedback(path.id, request, now) : not_allowed("POST");
  if (is_transcript(path.leaf))
    return get ? transcript(path.id, path.leaf.substr(9), request, now) : not_allowed("GET");
  if (path.leaf == "captions" || path.leaf == "audio" || path.leaf == "speech") {
    Response response =
        reply(Error{ErrorCode::invalid_argument, "this path is a WebSocket", "Upgrade"});
    response.status = 426;
    return response;
  }
  return reply(Error{ErrorCode::not_found, "there is nothing at this path", "path"});
}

// {"language":"en"} or nothing at all; an operator may also say which id the session gets.
Result<SessionRequest> SessionsApi::session_request(const Request& request) const {
  SessionRequest asked;
  if (request.body.empty()) return asked;
  const auto body = sotto::json::parse_object(request.body);
  if (!body)
    return fail(ErrorCode::invalid_argument,
                "the body must be a JSON object such as {\"language\":\"en\"}", "body");
  if (const json::value* language = body->if_contains("language")) {
    if (!language->is_string() || language->as_string().size() > longest_language)
      return fail(ErrorCode::invalid_argument, "language must be a code such as \"en\"",
                  "language");
    asked.language = Language{std::string(language->as_string())};
  }
  if (!body->contains("session_id")) return asked;
  if (!is_operator(request))
    return fail(ErrorCode::permission_denied, "choosing the id needs the operator's token",
                "session_id");
  auto id =
      rollout::validate_session_id(sotto::json::text_member(*body, "session_id").value_or(""));
  if (!id) return tl::unexpected(id.error());
  asked.id = std::move(*id);
  return asked;
}

Result<CreatedSession> SessionsApi::create_session(const SessionRequest& request,
                                                   SessionRegistry::Clock::time_point now) {
  const auto decide = [this](const std::string& id) { return flag_.reader->decide(id); };
  auto created = registry_->create(request, decide, now);
  if (!created) return created;
  const rollout::Evaluation& decision = created->hosted.decision;
  log_->write(telemetry::Level::info, "rollout check",
              {{"session_id", created->hosted.session->config().id.str()},
               {"event", "rollout_check"},
               {"bucket", static_cast<double>(decision.bucket)},
               {"rollout_percentage", static_cast<double>(decision.rollout_percentage)},
               {"enabled", decision.enabled},
               {"reason", rollout::to_string(decision.reason)},
               {"version", static_cast<double>(decision.version)}});
  return created;
}

// The value: whether it is trusted. The host code comes as a bearer's token or in the body.
Result<bool> SessionsApi::may_start(const Request& request,
                                    SessionRegistry::Clock::time_point now) {
  std::string code = request.bearer;
  if (const auto body = sotto::json::parse_object(request.body); body && body->contains("code")) {
    const auto text = sotto::json::text_member(*body, "code");
    if (!text) return fail(ErrorCode::invalid_argument, "code must be text", "code");
    code = *text;
  }
  return start_.may_start(request.client, code, now);
}

Response SessionsApi::create(const Request& request, SessionRegistry::Clock::time_point now) {
  const bool by_operator = is_operator(request);
  if (!by_operator && !new_sessions_.allows(request.client, now)) return too_many(new_sessions_);
  auto asked = session_request(request);
  if (!asked) return reply(asked.error());
  const auto trusted = by_operator ? Result<bool>(true) : may_start(request, now);
  if (!trusted) return reply(trusted.error());
  asked->client = request.client;
  asked->trusted = *trusted;
  const auto created = create_session(*asked, now);
  if (!created) return reply(created.error());
  json::object body = with_voices(session_json(created->hosted), registry_->parts().synthesiser);
  body["speaker_token"] = created->speaker_token;
  return reply(201, body);
}

Response SessionsApi::list(const Request& request) const {
  if (auto refused = refusal(flag_, request, access::Role::viewer)) return *std::move(refused);
  json::array sessions;
  for (const HostedSession& hosted : registry_->open())
    sessions.push_back(with_voices(operator_json(hosted), registry_->parts().synthesiser));
  return reply(200, {{"sessions", std::move(sessions)}});
}

Response SessionsApi::show(const std::string& id) const {
  const auto* const synthesiser = registry_->parts().synthesiser;
  if (const auto hosted = registry_->find(id))
    return reply(200, with_voices(session_json(*hosted), synthesiser));
  const auto stored = registry_->stored(id);
  if (!stored) return reply(stored.error());
  return reply(200, with_voices(session_json(*stored, registry_->offered()), synthesiser));
}

Response SessionsApi::end(const std::string& id, const Request& request) {
  const auto hosted = registry_->find(id);
  if (!hosted) return reply(hosted.error());
  if (!access::has_digest(request.bearer, hosted->token_digest) && !is_operator(request))
    return reply(Error{ErrorCode::permission_denied,
                       "ending a session needs its speaker's token or the operator's",
                       "Authorization"});
  hosted->session->finish();
  return reply(202, with_voices(session_json(*hosted), registry_->parts().synthesiser));
}

Response SessionsApi::transcript(const std::string& id, const std::string& ending,
                                 const Request& request, SessionRegistry::Clock::time_point now) {
  if (!downloads_.allows(request.client, now)) return too_many(downloads_);
  const auto asked = request.query.find("lang");
  const std::string key =
      id + '/' + ending + '/' + (asked == request.query.end() ? std::string() : asked->second);
  if (auto known = written_.find(key, now)) return *std::move(known);
  if (!transcripts_.allows(request.client, now)) return too_many(transcripts_);
  Written written = write_transcript_of(id, ending, request);
  const auto hosted = registry_->find(id);
  const bool goes_on = hosted && hosted->session->state() != pipeline::SessionState::ended;
  if (written.whole)
    written_.keep(key, written.response, now, goes_on ? fresh_while_live : fresh_after_end);
  return std::move(written.response);
}

SessionsApi::Written SessionsApi::write_transcript_of(const std::string& id,
                                                      const std::string& ending,
                                                      const Request& request) {
  const auto form = transcript_form(ending);
  if (!form)
    return {
        reply(Error{ErrorCode::not_found, "a transcript is captions.vtt, .srt or .jsonl", "path"})};
  const auto session = registry_->stored(id);
  if (!session) return {reply(session.error())};
  const auto asked = request.query.find("lang");
  if (asked != request.query.end() && !is_language_tag(asked->second))
    return {
        reply(Error{ErrorCode::invalid_argument, "lang must be a code such as \"es\"", "lang"})};
  const Language language =
      asked == request.query.end() ? session->language : Language{asked->second};
  const auto lines = read_transcript(*session, language, registry_->parts(),
                                     std::chrono::steady_clock::now() + transcript_patience);
  if (!lines) return {reply(lines.error())};
  Response response;
  response.content_type = media_type(*form);
  const auto* const synthesiser = registry_->parts().synthesiser;
  response.body = write_transcript(*lines, *form, language,
                                   synthesiser ? synthesiser->voice(language) : std::string());
  response.file_name = session->id.str() + '.' + language.str() + '.' + ending;
  const bool whole = std::all_of(lines->begin(), lines->end(),
                                 [](const TranscriptLine& line) { return line.translated; });
  return {std::move(response), whole};
}

Response SessionsApi::feedback(const std::string& id, const Request& request,
                               SessionRegistry::Clock::time_point now) {
  if (!feedback_.allows(request.client, now)) return too_many(feedback_);
  const auto feedback = parse_feedback(request.body, flag_.now());
  if (!feedback) return reply(feedback.error());
  if (!feedback_of_listener_.allows(feedback->listener, now))
    return too_many(feedback_of_listener_);
  const auto session = registry_->stored(id);
  if (!session) return reply(session.error());
  const auto hosted = registry_->find(id);
  if (!hosted)
    return reply(Error{ErrorCode::permission_denied, "this talk ended too long ago to be rated",
                       "session_id"});
  // Another text is the id of nobody, and so are all zeros.
  const auto listener =
      pipeline::parse_listener_id(feedback->listener).value_or(pipeline::ListenerId{});
  const auto first = hosted->session->rate(listener, rating_of(feedback->rating));
  if (!first) return reply(first.error());
  if (*first)
    metrics_->count(hosted->canary ? telemetry::Arm::canary : telemetry::Arm::control,
                    counter_of(feedback->rating));
  if (const auto kept = registry_->parts().store->feedback(session->id, *feedback); !kept)
    return reply(kept.error());
  return reply(202, {{"rating", feedback->rating}});
}

Response SessionsApi::languages() const {
  json::array languages;
  for (const OfferedLanguage& offered : registry_->offered())
    languages.push_back(language_json(offered));
  return reply(200, {{"languages", std::move(languages)}, {"start", to_string(start_.who())}});
}

}  // namespace sotto::server
