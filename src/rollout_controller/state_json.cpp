#include "rollout_controller/state_json.hpp"

#include <cmath>

#include "json/members.hpp"
#include "json/text.hpp"
#include "rollout/controller_parts.hpp"
#include "rollout_controller/explanation_json.hpp"
#include "rollout_controller/rollout_json.hpp"

namespace sotto::rollout_controller {

namespace json = boost::json;
using rollout::Command;

namespace {

json::value or_null(const std::optional<double>& number) {
  return number && std::isfinite(*number) ? json::value(*number) : json::value(nullptr);
}

json::object command_json(const Command& command) {
  json::object object{{"kind", rollout::to_string(command.kind)},
                      {"by", command.by},
                      {"reason", command.reason},
                      {"force", command.force}};
  if (command.kind == Command::Kind::start) object["plan"] = json::value_from(command.plan);
  return object;
}

Result<Command> command_of(const json::object& object) {
  const auto broken = [] {
    return fail(ErrorCode::invalid_argument, "the record's command cannot be read", "command");
  };
  const json::value *kind = object.if_contains("kind"), *by = object.if_contains("by"),
                    *reason = object.if_contains("reason"), *force = object.if_contains("force");
  if (!kind || !by || !reason || !force || !kind->is_string() || !by->is_string() ||
      !reason->is_string() || !force->is_bool())
    return broken();
  const auto known = rollout::command_named(std::string_view(kind->as_string()));
  if (!known) return broken();
  Command command{.kind = *known,
                  .by = std::string(by->as_string()),
                  .reason = std::string(reason->as_string()),
                  .force = force->as_bool()};
  if (const json::value* plan = object.if_contains("plan")) {
    auto read = json::try_value_to<rollout::Plan>(*plan);
    if (!read) return broken();
    command.plan = std::move(*read);
  }
  return command;
}

// What is usual is left out, as in the records of those who did not know the member.
json::value readings_json(const std::optional<rollout::Readings>& readings) {
  json::value value = json::value_from(readings);
  if (readings && readings->figures_known) value.as_object().stable_erase("figures_known");
  return value;
}

json::object inputs_json(const Inputs& inputs) {
  json::object object{{"now", format_utc(inputs.now)},
                      {"flag", json::value_from(inputs.flag)},
                      {"state", json::value_from(inputs.state)},
                      {"readings", readings_json(inputs.readings)}};
  if (inputs.command) object["command"] = command_json(*inputs.command);
  return object;
}

// One of who knew fewer measures has fewer rings of breaches; the new ones have none.
Result<rollout::State> state_of(const json::value& value) {
  json::value whole = value;
  if (json::object* state = whole.if_object())
    if (json::value* breaches = state->if_contains("breaches"); breaches && breaches->is_array())
      while (breaches->get_array().size() < rollout::measure_count)
        breaches->get_array().emplace_back(0);
  return from_json<rollout::State>(whole, "state");
}

Result<Inputs> inputs_of(const json::object& object) {
  for (const char* name : {"now", "flag", "state", "readings"})
    if (!object.contains(name))
      return fail(ErrorCode::invalid_argument, std::string("the record has no ") + name, name);
  Inputs inputs;
  const auto now = json::try_value_to<UtcTime>(object.at("now"));
  auto flag = from_json<rollout::FlagSeen>(object.at("flag"), "flag");
  if (!now) return fail(ErrorCode::invalid_argument, "now is not a time", "now");
  if (!flag) return tl::unexpected(flag.error());
  inputs.now = *now;
  inputs.flag = std::move(*flag);
  if (!object.at("state").is_null()) {
    auto state = state_of(object.at("state"));
    if (!state) return tl::unexpected(state.error());
    inputs.state = std::move(*state);
  }
  if (!object.at("readings").is_null()) {
    auto readings = from_json<rollout::Readings>(object.at("readings"), "readings");
    if (!readings) return tl::unexpected(readings.error());
    inputs.readings = std::move(*readings);
  }
  if (const json::value* command = object.if_contains("command")) {
    if (!command->is_object())
      return fail(ErrorCode::invalid_argument, "command must be an object", "command");
    auto read = command_of(command->as_object());
    if (!read) return tl::unexpected(read.error());
    inputs.command = std::move(*read);
  }
  return inputs;
}

// One that cannot be read is none: the next record begins a chain, and verifying says so.
ChainHead chain_head_of(const json::value* value) {
  const json::object* object = value ? value->if_object() : nullptr;
  if (!object) return {};
  ChainHead head{sotto::json::count_member(*object, "number").value_or(0),
                 sotto::json::text_member(*object, "hash").value_or("")};
  return head.number > 0 && is_hash(head.hash) ? head : ChainHead{};
}

Result<rollout::Step> decide(const Inputs& inputs) {
  if (inputs.command)
    return rollout::command(inputs.state, *inputs.command, inputs.flag, inputs.readings,
                            inputs.now);
  if (!inputs.state) return fail(ErrorCode::invalid_argument, "the record has no state", "state");
  return rollout::step(*inputs.state, inputs.flag, inputs.readings, inputs.now);
}

Result<Inputs> inputs_in(std::string_view record) {
  const auto object = sotto::json::parse_object_exactly(record);
  const json::value* kept = object ? object->if_contains("inputs") : nullptr;
  if (!kept || !kept->is_object())
    return fail(ErrorCode::invalid_argument, "this is no record of a rollout's decision", "record");
  return inputs_of(kept->as_object());
}

json::array phases_json(const rollout::Plan& plan) {
  json::array phases;
  for (const rollout::Phase& phase : plan.phases)
    phases.push_back(json::object{{"name", phase.name},
                                  {"rollout_percentage", phase.rollout_percentage},
                                  {"bake_hours", phase.bake.count()},
                                  {"min_sessions", phase.min_sessions},
                                  {"approval", phase.approval}});
  return phases;
}

}  // namespace

std::string standing_text(const Standing& standing) {
  const rollout::State& state = standing.state;
  json::object object{{"state", json::value_from(state)},
                      {"leader", standing.leader},
                      {"told", standing.told},
                      {"leads_until", format_utc(standing.leads_until)}};
  if (standing.newest.number > 0)
    object["chain"] =
        json::object{{"number", standing.newest.number}, {"hash", standing.newest.hash}};
  // Beside the state, whose members are all that those who wrote none of these can read.
  if (stands(state.holding) && state.holding.kind != rollout::ObstacleKind::written)
    object["holding"] = obstacle_json(state.holding);
  if (state.latch && !state.latch->why.written) object["breach"] = breach_json(state.latch->why);
  return sotto::json::to_text(object);
}

Result<Standing> standing_of(std::string_view text) {
  const auto broken = [](const std::string& what) {
    return fail(ErrorCode::invalid_argument, "the rollout's state cannot be read: " + what,
                "state");
  };
  const auto object = sotto::json::parse_object_exactly(text);
  if (!object || !object->contains("state")) return broken("it is no JSON object with a state");
  auto state = state_of(object->at("state"));
  if (!state) return broken(state.error().message);
  if (state->plan.phases.empty() || state->phase >= state->plan.phases.size())
    return broken("its phase is not in its plan");
  if (state->status == rollout::Status::rolled_back && !state->latch) return broken("no latch");
  Standing standing;
  standing.state = std::move(*state);
  restore(standing.state.holding, object->if_contains("holding"));
  if (standing.state.latch) restore(standing.state.latch->why, object->if_contains("breach"));
  if (const auto* leader = object->if_contains("leader"); leader && leader->is_string())
    standing.leader = leader->as_string();
  if (const auto* until = object->if_contains("leads_until"); until && until->is_string())
    standing.leads_until = parse_utc(std::string_view(until->as_string())).value_or(UtcTime{});
  standing.told = sotto::json::count_member(*object, "told").value_or(0);
  standing.newest = chain_head_of(object->if_contains("chain"));
  return standing;
}

Result<rollout::RolloutEvent> event_of(std::string_view record) {
  const auto object = sotto::json::parse_object(record);
  const json::value* event = object ? object->if_contains("event") : nullptr;
  if (!event)
    return fail(ErrorCode::invalid_argument, "this is no record of a rollout's decision", "event");
  return from_json<rollout::RolloutEvent>(*event, "event");
}

Result<KeptEvent> kept_event(const ports::JournalEntry& entry) {
  auto event = event_of(entry.text);
  if (!event) return tl::unexpected(event.error());
  return KeptEvent{std::move(*event), entry.number,
                   std::string(stated_hash(entry.text).value_or(""))};
}

std::string record_text(const Inputs& inputs, const rollout::Step& step) {
  json::array criteria;
  for (const rollout::Criterion& criterion : step.criteria)
    criteria.push_back(criterion_json(criterion));
  return sotto::json::to_text(
      json::object{{"event", step.event ? json::value(event_json(*step.event)) : nullptr},
                   {"criteria", std::move(criteria)},
                   {"inputs", inputs_json(inputs)}});
}

Result<std::string> recompute(std::string_view record) {
  const auto inputs = inputs_in(record);
  if (!inputs) return tl::unexpected(inputs.error());
  const auto step = decide(*inputs);
  if (!step) return tl::unexpected(step.error());
  const std::string again = record_text(*inputs, *step);
  const auto place = chain_place(record);
  if (!place) return again;
  return chained(again, {place->number - 1, place->previous}, place->at);
}

Result<rollout::Step> decide_again(std::string_view record) {
  return inputs_in(record).and_then(decide);
}

json::object criterion_json(const rollout::Criterion& criterion) {
  const rollout::MeasureInfo& of = rollout::info(criterion.rule.measure);
  return {
      {"name", of.name},
      {"title", of.title},
      {"unit", of.unit},
      {"limit", criterion.rule.limit},
      {"margin", criterion.rule.margin},
      {"canary", or_null(criterion.canary)},
      {"control", or_null(criterion.control)},
      {"interval", json::value_from(criterion.interval)},
      {"samples", {{"canary", criterion.canary_samples}, {"control", criterion.control_samples}}},
      {"verdict", rollout::to_string(criterion.verdict)},
      {"acute", criterion.acute},
      {"both_arms", criterion.both_arms},
      {"suspected", criterion.suspected},
      {"hidden", or_null(criterion.hidden)},
      {"more_sessions",
       criterion.more_sessions ? json::value(*criterion.more_sessions) : json::value(nullptr)},
      {"on_failure", rollout::to_string(criterion.rule.remedy)}};
}

json::object event_json(const rollout::RolloutEvent& event) {
  return {{"number", event.number},
          {"kind", rollout::to_string(event.kind)},
          {"at", format_utc(event.at)},
          {"by", event.by},
          {"why", event.why},
          {"phase", event.phase},
          {"percentage_before", event.percentage_before},
          {"percentage_after", event.percentage_after}};
}

json::object kept_event_json(const KeptEvent& event) {
  json::object object = event_json(event);
  object["record"] = event.record;
  object["hash"] = event.hash.empty() ? json::value(nullptr) : json::value(event.hash);
  return object;
}

json::object standing_json(const Standing& standing) {
  const rollout::State& state = standing.state;
  const rollout::Phase& phase = state.plan.phases[state.phase];
  const auto in_hours = [](milliseconds time) {
    return std::chrono::duration<double, std::ratio<3600>>(time).count();
  };
  json::value latch = nullptr;
  if (state.latch)
    latch = json::object{{"at", format_utc(state.latch->at)},
                         {"remedy", rollout::to_string(state.latch->remedy)},
                         {"phase", state.latch->phase},
                         {"why", describe(state.latch->why)}};
  return {{"status", rollout::to_string(state.status)},
          {"plan", state.plan.name},
          {"phase", phase.name},
          {"phases", phases_json(state.plan)},
          {"started_at", format_utc(state.started_at)},
          {"phase_began_at", format_utc(state.phase_began_at)},
          {"baked_hours", in_hours(state.baked)},
          {"bake_left_hours", in_hours(rollout::bake_left(state))},
          {"approved_by", state.approved_by},
          {"holding", describe(state.holding)},
          {"latch", std::move(latch)},
          {"leader", standing.leader}};
}

}  // namespace sotto::rollout_controller
