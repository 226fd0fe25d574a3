#include "server/operator/rollout_api.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <utility>

#include "feature_flag/acknowledgement.hpp"
#include "feature_flag/flag_json.hpp"
#include "json/members.hpp"
#include "rollout_controller/present_json.hpp"
#include "server/operator/operator_right.hpp"

namespace sotto::server {

namespace json = boost::json;

namespace {

constexpr std::string_view root = "/v1/rollout";
// Whoever waits for an answer to a request does not wait longer for the slower stores.
constexpr std::chrono::milliseconds most_patience{7000};
constexpr std::uint64_t longest_override = 30 * 24 * 3600;

tl::unexpected<Error> wrong(std::string_view field, const std::string& must) {
  return fail(ErrorCode::invalid_argument, std::string(field) + " must be " + must,
              std::string(field));
}

// The member into `target`, if it is there; false: it is of another type.
bool read(const json::value& value, std::optional<bool>& target) {
  if (value.is_bool()) target = value.as_bool();
  return value.is_bool();
}

bool read(const json::value& value, std::optional<std::string>& target) {
  if (value.is_string()) target = std::string(value.as_string());
  return value.is_string();
}

template <class Number>
bool read(const json::value& value, std::optional<Number>& target) {
  json::error_code error;
  const auto number = value.to_number<Number>(error);
  if (!error) target = number;
  return !error && value.is_number();
}

// Takes one member of a body.
Result<> take(std::string_view name, const json::value& value, rollout::FlagEdit& edit,
              feature_flag::Author& author, feature_flag::Care& care,
              std::optional<std::uint64_t>& version, std::optional<std::uint64_t>& seconds) {
  std::optional<bool> flag;
  std::optional<std::string> text;
  std::optional<double> number;
  if (name == "enabled")
    return read(value, edit.enabled) ? Result<>() : wrong(name, "true or false");
  if (name == "rollout_percentage")
    return read(value, edit.rollout_percentage) ? Result<>()
                                                : wrong(name, "a whole number from 0 to 100");
  if (name == "min_stability_threshold")
    return read(value, edit.min_stability_threshold) ? Result<>() : wrong(name, "from 0.7 to 0.95");
  if (name == "max_buffer_timeout") {
    if (!read(value, number) || std::abs(*number) > 1e6) return wrong(name, "from 2 to 10 seconds");
    edit.max_buffer_timeout = milliseconds{std::llround(*number * 1000)};
    return {};
  }
  if (name == "salt") return read(value, edit.salt) ? Result<>() : wrong(name, "a text");
  if (name == "version") return read(value, version) ? Result<>() : wrong(name, "a whole number");
  if (name == "seconds") return read(value, seconds) ? Result<>() : wrong(name, "a whole number");
  if (name == "if_version")
    return read(value, care.if_version) ? Result<>() : wrong(name, "a whole number");
  if (name == "dry_run") {
    if (!read(value, flag)) return wrong(name, "true or false");
    care.dry_run = *flag;
    return {};
  }
  if (name == "confirm") {
    if (!read(value, flag)) return wrong(name, "true or false");
    care.confirmed = *flag;
    return {};
  }
  if (!read(value, text)) return wrong(name, "a text");
  author.reason = *text;
  return {};
}

// A whole number of the query, or nothing.
Result<std::optional<std::uint64_t>> query_number(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return std::nullopt;
  const std::string& text = found->second;
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size())
    return wrong(name, "a whole number");
  return number;
}

}  // namespace

bool RolloutApi::owns(const std::string& path) {
  return path == root || path.starts_with(std::string(root) + "/");
}

Response RolloutApi::handle(const Request& request) const {
  const bool lints = request.path == std::string(root) + "/lint";  // which changes nothing
  if (auto refused = refusal(flag_, request, lints ? access::Role::viewer : role_for(request)))
    return *std::move(refused);
  const std::string rest = request.path.substr(root.size());
  const bool get = request.method == "GET", post = request.method == "POST";
  if (rest.empty()) {
    if (get) return status();
    return request.method == "PATCH" ? change(request) : not_allowed("GET, PATCH");
  }
  if (rest == "/disable") return post ? turn(request, false) : not_allowed("POST");
  if (rest == "/enable") return post ? turn(request, true) : not_allowed("POST");
  if (rest == "/undo") return post ? undo(request) : not_allowed("POST");
  if (rest == "/lint") return post ? lint(request) : not_allowed("POST");
  if (rest == "/history") return get ? history(request) : not_allowed("GET");
  if (rest == "/diff") return get ? diff(request) : not_allowed("GET");
  if (rest.starts_with("/explain/"))
    return get ? explain(rest.substr(std::string_view("/explain/").size())) : not_allowed("GET");
  if (rest.starts_with("/overrides/")) {
    if (request.method != "PUT" && request.method != "DELETE") return not_allowed("PUT, DELETE");
    return set_override(request, rest.substr(std::string_view("/overrides/").size()));
  }
  return reply(Error{ErrorCode::not_found, "there is nothing at this path", "path"});
}

Result<RolloutApi::Asked> RolloutApi::parse(const Request& request,
                                            std::initializer_list<std::string_view> members) const {
  Asked asked;
  const auto caller = caller_of(flag_, request);
  asked.author = {caller ? caller->name : "", "", flag_.now()};
  if (request.body.empty()) return asked;
  const auto body = sotto::json::parse_object(request.body);
  if (!body) return fail(ErrorCode::invalid_argument, "the body must be a JSON object", "body");
  for (const auto& member : *body) {
    const std::string_view name = member.key();
    if (name == "by") return by_is_the_tokens();
    const bool common = name == "reason" || name == "if_version" || name == "dry_run";
    if (!common && std::find(members.begin(), members.end(), name) == members.end())
      return fail(ErrorCode::invalid_argument,
                  "\"" + std::string(name.substr(0, 40)) + "\" is not a member of this call",
                  std::string(name.substr(0, 40)));
    const auto taken = take(name, member.value(), asked.edit, asked.author, asked.care,
                            asked.version, asked.seconds);
    if (!taken) return tl::unexpected(taken.error());
  }
  return asked;
}

// What was changed counts here at once, and the rollout knows of it.
void RolloutApi::follow(const Asked& asked) const {
  if (asked.care.dry_run) return;
  flag_.reader->refresh();
  (void)controller_->note_flag(flag_.now());  // else the leader notes it
}

Response RolloutApi::answer(const Result<feature_flag::FlagChanged>& changed,
                            const Asked& asked) const {
  if (!changed) return reply(changed.error());
  follow(asked);
  return reply(200, feature_flag::changed_json(flag_.parameter_name, *changed, asked.care.dry_run));
}

Response RolloutApi::status() const {
  const auto in_force = flag_.reader->current();
  json::object here{{"version", in_force->version},
                    {"rollout_percentage", in_force->flag.rollout_percentage},
                    {"source", rollout::to_string(in_force->source)},
                    {"enabled", in_force->flag.enabled && !in_force->environment_off &&
                                    in_force->source != rollout::Source::none},
                    {"environment_off", in_force->environment_off}};
  const auto current = feature_flag::current_flag(*flag_.store, flag_.parameter_name);
  if (!current) {
    // The store may be down: what this process goes by is then all the more worth knowing.
    Response response = reply(current.error());
    json::object body = json::parse(response.body).as_object();
    body["in_force"] = std::move(here);
    response.body = json::serialize(body);
    return response;
  }
  json::object body =
      feature_flag::status_json(flag_.parameter_name, *current, rollout::Source::store);
  body["in_force"] = std::move(here);
  if (const auto readers = flag_.store->readers(flag_.parameter_name))
    body["processes"] = feature_flag::readers_json(*readers);
  return reply(200, body);
}

Response RolloutApi::change(const Request& request) const {
  const auto asked = parse(request, {"enabled", "rollout_percentage", "min_stability_threshold",
                                     "max_buffer_timeout", "salt"});
  if (!asked) return reply(asked.error());
  if (rollout::empty(asked->edit))
    return reply(Error{ErrorCode::invalid_argument,
                       R"(say what to change, such as {"rollout_percentage":10})", "body"});
  const auto changed = feature_flag::change_flag(*flag_.store, flag_.parameter_name, asked->edit,
                                                 asked->author, asked->care);
  if (!changed || !asked->care.dry_run) return answer(changed, *asked);
  json::object body = feature_flag::changed_json(flag_.parameter_name, *changed, true);
  body["preview"] = preview(changed->after.flag);
  return reply(200, body);
}

// Of the sessions that go on, how many would be on if they began now.
json::object RolloutApi::preview(const rollout::Flag& flag) const {
  rollout::InForce in_force = *flag_.reader->current();
  in_force.flag = flag;
  in_force.source = rollout::Source::store;
  const std::vector<HostedSession> open = registry_->open();
  std::size_t on = 0;
  for (const HostedSession& hosted : open)
    on += rollout::evaluate(in_force, hosted.session->config().id.str(), flag_.now()).enabled;
  return {{"live", open.size()}, {"on", on}};
}

Response RolloutApi::turn(const Request& request, bool enabled) const {
  auto asked = parse(request, {});
  if (!asked) return reply(asked.error());
  asked->edit.enabled = enabled;
  const auto changed = feature_flag::change_flag(*flag_.store, flag_.parameter_name, asked->edit,
                                                 asked->author, asked->care);
  if (!changed || enabled || asked->care.dry_run) return answer(changed, *asked);
  flag_.reader->refresh();  // the store may not be able to tell
  json::object body = feature_flag::changed_json(flag_.parameter_name, *changed, false);
  const ports::FlagFollowing following = flag_.store->following();
  const auto given = feature_flag::await_acknowledgements(
      *flag_.store, flag_.parameter_name, changed->after.revision,
      std::min(most_patience, following.patience));
  body["acknowledged"] = given && feature_flag::is_acknowledged(*given, following);
  if (given) {
    body["acknowledgements"] = feature_flag::acknowledgements_json(*given);
    const auto unknown = feature_flag::not_known(*given, following);
    body["not_known"] = json::array(unknown.begin(), unknown.end());
  }
  follow(*asked);
  return reply(200, body);
}

Response RolloutApi::undo(const Request& request) const {
  const auto asked = parse(request, {"version", "confirm"});
  if (!asked) return reply(asked.error());
  auto changed = feature_flag::undo_flag(*flag_.store, flag_.parameter_name, asked->version,
                                         asked->author, asked->care);
  if (!changed && changed.error().field == "confirm")
    changed.error().message += R"( with "confirm":true)";
  return answer(changed, *asked);
}

Response RolloutApi::history(const Request& request) const {
  const auto limit = query_number(request, "limit");
  if (!limit) return reply(limit.error());
  const auto count = limit->value_or(20);
  if (count < 1 || count > 1000) return reply(wrong("limit", "from 1 to 1000").value());
  const auto entries = feature_flag::flag_history(*flag_.store, flag_.parameter_name, count);
  if (!entries) return reply(entries.error());
  return reply(200, {{"parameter_name", flag_.parameter_name},
                     {"versions", feature_flag::history_json(*entries)}});
}

Response RolloutApi::diff(const Request& request) const {
  const auto from = query_number(request, "from"), to = query_number(request, "to");
  if (!from) return reply(from.error());
  if (!to) return reply(to.error());
  const auto compared =
      feature_flag::compare_versions(*flag_.store, flag_.parameter_name, *from, *to);
  if (!compared) return reply(compared.error());
  return reply(200, {{"from", compared->before.revision.version},
                     {"to", compared->after.revision.version},
                     {"changes", feature_flag::differences_json(compared->differences)}});
}

Response RolloutApi::explain(const std::string& session_id) const {
  if (auto id = rollout::validate_session_id(session_id); !id) return reply(id.error());
  const auto hosted = registry_->find(session_id);
  std::optional<rollout_controller::SessionSeen> seen;
  if (hosted)
    seen = session_seen(*hosted);
  else if (const auto stored = registry_->stored(session_id))
    seen = rollout_controller::session_seen(*stored);
  const rollout_controller::PresentParts parts{flag_.store, controller_, flag_.parameter_name,
                                               *flag_.reader->current()};
  const auto state = rollout_controller::present_state(parts, session_id, seen, flag_.now());
  if (!state) return reply(state.error());
  if (state->in_force.version != parts.otherwise->version) flag_.reader->refresh();
  json::object body = rollout_controller::explained_json(session_id, *state);
  if (hosted)
    body.at("session").as_object()["mode"] =
        hosted->session->status().mode == engine::Mode::partial ? "partial" : "final_only";
  return reply(200, body);
}

Response RolloutApi::set_override(const Request& request, const std::string& session_id) const {
  if (auto id = rollout::validate_session_id(session_id); !id) return reply(id.error());
  const bool put = request.method == "PUT";
  auto asked = put ? parse(request, {"enabled", "seconds"}) : parse(request, {});
  if (!asked) return reply(asked.error());
  if (put) {
    if (!asked->edit.enabled) return reply(wrong("enabled", "true or false").value());
    const std::uint64_t seconds = asked->seconds.value_or(3600);
    if (seconds < 1 || seconds > longest_override)
      return reply(wrong("seconds", "from 1 to 2592000").value());
    asked->edit.session = rollout::Override{
        session_id, *std::exchange(asked->edit.enabled, std::nullopt),
        asked->author.now + std::chrono::seconds(static_cast<std::int64_t>(seconds))};
  } else {
    asked->edit.session = rollout::ClearOverride{session_id};
  }
  return answer(feature_flag::change_flag(*flag_.store, flag_.parameter_name, asked->edit,
                                          asked->author, asked->care),
                *asked);
}

Response RolloutApi::lint(const Request& request) const {
  const auto flag = rollout::parse_flag(request.body);
  if (!flag) return reply(flag.error());
  return reply(200, {{"valid", true}, {"document", rollout::to_document(*flag)}});
}

}  // namespace sotto::server
