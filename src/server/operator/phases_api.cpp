#include "server/operator/phases_api.hpp"

#include <boost/json.hpp>
#include <charconv>

#include "json/members.hpp"
#include "rollout_controller/present_json.hpp"
#include "rollout_controller/state_json.hpp"
#include "server/operator/operator_right.hpp"

namespace sotto::server {

namespace json = boost::json;
using rollout::Command;

namespace {

constexpr std::string_view phases_path = "/v1/rollout/phases";
constexpr std::string_view events_path = "/v1/rollout/events";
constexpr std::size_t most_events = 1000;

tl::unexpected<Error> wrong(std::string_view field, const std::string& must) {
  return fail(ErrorCode::invalid_argument, std::string(field) + " must be " + must,
              std::string(field));
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<std::uint64_t> query_number(const Request& request, const std::string& name,
                                   std::uint64_t otherwise, std::uint64_t least,
                                   std::uint64_t most) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return otherwise;
  const auto number = number_of(found->second);
  if (!number || *number < least || *number > most)
    return wrong(name, "from " + std::to_string(least) + " to " + std::to_string(most));
  return *number;
}

Result<rollout::Plan> plan_of(const json::value& value) {
  if (value.is_object()) return rollout::parse_plan(json::serialize(value));
  if (value.is_string())
    if (auto plan = rollout::plan_named(std::string_view(value.as_string()))) return *plan;
  return wrong("plan", "guide, timeline or a plan's document");
}

Result<> take(std::string_view name, const json::value& value, Command& command) {
  if (name == "by") return by_is_the_tokens();
  if (name == "reason") {
    if (!value.is_string()) return wrong(name, "a text");
    command.reason = value.as_string();
    return {};
  }
  if (name == "force" && command.kind == Command::Kind::advance) {
    if (!value.is_bool()) return wrong(name, "true or false");
    command.force = value.as_bool();
    return {};
  }
  if (name == "plan" && command.kind == Command::Kind::start)
    return plan_of(value).map([&](rollout::Plan plan) { command.plan = std::move(plan); });
  const std::string known(name.substr(0, 40));
  return fail(ErrorCode::invalid_argument, "\"" + known + "\" is not a member of this call", known);
}

Result<Command> command_of(Command::Kind kind, const Request& request, std::string by) {
  Command command{.kind = kind, .by = std::move(by), .reason = ""};
  if (kind == Command::Kind::start) command.plan = rollout::guide_plan();
  if (request.body.empty()) return command;
  const auto body = sotto::json::parse_object(request.body);
  if (!body) return fail(ErrorCode::invalid_argument, "the body must be a JSON object", "body");
  for (const auto& member : *body)
    if (auto taken = take(member.key(), member.value(), command); !taken)
      return tl::unexpected(taken.error());
  return command;
}

}  // namespace

bool PhasesApi::owns(const std::string& path) {
  const auto within = [&](std::string_view root) {
    return path == root || path.starts_with(std::string(root) + "/");
  };
  return within(phases_path) || within(events_path);
}

Response PhasesApi::handle(const Request& request) const {
  if (auto refused = refusal(flag_, request, role_for(request))) return *std::move(refused);
  const bool get = request.method == "GET";
  if (request.path == phases_path) return get ? show() : not_allowed("GET");
  if (request.path == events_path) return get ? events(request) : not_allowed("GET");
  if (request.path.starts_with(events_path))
    return get ? event(request.path.substr(events_path.size() + 1)) : not_allowed("GET");
  return act(request, request.path.substr(phases_path.size() + 1));
}

Response PhasesApi::show() const {
  const auto judged = controller_->judge(flag_.now());
  if (!judged) return reply(judged.error());
  if (!*judged)
    return reply(Error{ErrorCode::not_found, "there is no rollout; start one with a plan", ""});
  return reply(200, rollout_controller::done_json(**judged));
}

Response PhasesApi::act(const Request& request, const std::string& name) const {
  const auto kind = rollout::command_named(name);
  if (!kind) return reply(Error{ErrorCode::not_found, "there is nothing at this path", "path"});
  if (request.method != "POST") return not_allowed("POST");
  const auto caller = caller_of(flag_, request);
  const auto command = command_of(*kind, request, caller ? caller->name : "");
  if (!command) return reply(command.error());
  const auto done = controller_->command(*command, flag_.now());
  if (!done) return reply(done.error());
  flag_.reader->refresh();  // its change of the flag counts here at once
  return reply(200, rollout_controller::done_json(*done));
}

Response PhasesApi::events(const Request& request) const {
  const auto after = query_number(request, "after", 0, 0, UINT64_MAX);
  if (!after) return reply(after.error());
  const auto limit = query_number(request, "limit", 100, 1, most_events);
  if (!limit) return reply(limit.error());
  const auto entries = rollouts_->entries(flag_.parameter_name, ports::Journal::decisions, *after,
                                          static_cast<std::size_t>(*limit));
  if (!entries) return reply(entries.error());
  const auto standing = controller_->look();
  if (!standing && standing.error().code != ErrorCode::invalid_argument)
    return reply(standing.error());
  json::value newest = nullptr;
  if (standing && *standing && (*standing)->newest.number > 0)
    newest =
        json::object{{"number", (*standing)->newest.number}, {"hash", (*standing)->newest.hash}};
  json::array events;
  for (const ports::JournalEntry& entry : *entries)
    if (const auto event = rollout_controller::kept_event(entry))
      events.push_back(rollout_controller::kept_event_json(*event));
  return reply(200, {{"events", std::move(events)}, {"newest", std::move(newest)}});
}

Response PhasesApi::event(const std::string& text) const {
  const auto number = number_of(text);
  if (!number || *number == 0) return reply(wrong("record", "a whole number from 1").value());
  const auto entries =
      rollouts_->entries(flag_.parameter_name, ports::Journal::decisions, *number - 1, 1);
  if (!entries) return reply(entries.error());
  if (entries->empty() || entries->front().number != *number)
    return reply(Error{ErrorCode::not_found, "there is no such record", "record"});
  Response response;
  response.body = entries->front().text;
  return response;
}

}  // namespace sotto::server
