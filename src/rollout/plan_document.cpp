#include <cmath>

#include "rollout/json_document.hpp"
#include "rollout/plan.hpp"

namespace sotto::rollout {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Calls `take(name, value)` for each member of an object; `what` is its name for people.
template <class Take>
Result<> each_member(const std::string& what, const dom::element& value, Take take) {
  if (!value.is_object()) return wrong(what, "is " + shown(value) + ", must be an object");
  for (const auto [name, member] : value.get_object())
    if (Result<> taken = take(std::string(name), member); !taken) return taken;
  return {};
}

template <class Take>
Result<> each_element(const std::string& what, const dom::element& value, Take take) {
  if (!value.is_array()) return wrong(what, "is " + shown(value) + ", must be a list");
  for (const dom::element element : value.get_array())
    if (Result<> taken = take(element); !taken) return taken;
  return {};
}

tl::unexpected<Error> unknown(const std::string& name, const std::string& of) {
  return wrong(name.substr(0, 40), "is not known as a member of " + of);
}

Result<Remedy> read_remedy(const std::string& name, const dom::element& value) {
  const auto text = read_text(name, value);
  if (!text) return tl::unexpected(text.error());
  if (const auto remedy = remedy_named(*text)) return *remedy;
  return wrong(name, "is " + shown(value) + ", must be hold, step_back or disable");
}

Result<MissingPolicy> read_missing(const dom::element& value) {
  const auto text = read_text("missing", value);
  if (!text) return tl::unexpected(text.error());
  if (const auto policy = missing_policy_named(*text)) return *policy;
  return wrong("missing", "is " + shown(value) + ", must be hold or pass");
}

Result<Measure> read_measure(const dom::element& value) {
  const auto text = read_text("criteria", value);
  if (!text) return tl::unexpected(text.error());
  if (const auto measure = measure_named(*text)) return *measure;
  return wrong("criteria", "have no " + shown(value));
}

// Into `target`, converted to its type.
template <class Target>
auto into(Target& target) {
  return [&target](auto value) { target = static_cast<Target>(value); };
}

Result<> read_rule_member(const std::string& name, const dom::element& value, Rule& rule) {
  if (name == "name") return {};
  if (name == "limit") return read_number(name, value, "a number").map(into(rule.limit));
  if (name == "margin") return read_number(name, value, "a number").map(into(rule.margin));
  if (name == "on_failure") return read_remedy(name, value).map(into(rule.remedy));
  if (name == "breaches") return read_whole(name, value, 1, 32).map(into(rule.breaches));
  if (name == "of") return read_whole(name, value, 1, 32).map(into(rule.of));
  if (name == "warm_up_minutes")
    return read_whole(name, value, 0, 10'080).map([&](auto number) {
      rule.warm_up = minutes{number};
    });
  if (name == "missing") return read_missing(value).map(into(rule.missing));
  return unknown(name, "a criterion");
}

Result<Rule> read_rule(const dom::element& value) {
  if (value.is_string()) return read_measure(value).map(guide_rule);
  if (!value.is_object())
    return wrong("criteria", "has " + shown(value) + ", must be names or objects");
  dom::element name;
  if (value.get_object().at_key("name").get(name))
    return wrong("criteria", "need a name each, such as latency_p95");
  const auto measure = read_measure(name);
  if (!measure) return tl::unexpected(measure.error());
  Rule rule = guide_rule(*measure);
  const auto read = each_member("criteria", value, [&](const auto& member, const auto& of) {
    return read_rule_member(member, of, rule);
  });
  if (!read) return tl::unexpected(read.error());
  return rule;
}

Result<> read_rules(const dom::element& value, Phase& phase) {
  return each_element("criteria", value, [&](const dom::element& element) -> Result<> {
    auto rule = read_rule(element);
    if (!rule) return tl::unexpected(rule.error());
    phase.rules.push_back(*rule);
    return {};
  });
}

Result<> read_phase(const dom::element& value, Plan& plan) {
  Phase phase;
  bool has_percentage = false, has_rules = false;
  const auto read =
      each_member("phases", value, [&](const std::string& name, const auto& of) -> Result<> {
        if (name == "name") return read_text(name, of).map(into(phase.name));
        if (name == "rollout_percentage") {
          has_percentage = true;
          return read_whole(name, of, 0, 100).map(into(phase.rollout_percentage));
        }
        if (name == "bake_hours")
          return read_whole(name, of, 0, 8736).map([&](auto number) {
            phase.bake = hours{number};
          });
        if (name == "min_sessions")
          return read_whole(name, of, 3, 1'000'000).map(into(phase.min_sessions));
        if (name == "approval") return read_bool(name, of).map(into(phase.approval));
        if (name != "criteria") return unknown(name, "a phase");
        has_rules = true;
        return read_rules(of, phase);
      });
  if (!read) return read;
  if (!has_percentage) return wrong("rollout_percentage", "of a phase is missing");
  if (!has_rules) phase.rules = guide_rules(phase.rollout_percentage);
  plan.phases.push_back(std::move(phase));
  return {};
}

Result<UtcTime> read_time(const std::string& name, const dom::element& value) {
  const auto text = read_text(name, value);
  if (!text) return tl::unexpected(text.error());
  auto time = parse_utc(*text);
  if (!time) return wrong(name, "is " + shown(value) + ": " + time.error().message);
  return time;
}

Result<> read_freeze(const dom::element& value, Plan& plan) {
  Freeze freeze;
  bool has_from = false, has_to = false;
  const auto read =
      each_member("freeze", value, [&](const std::string& name, const auto& of) -> Result<> {
        if (name == "why") return read_text(name, of).map(into(freeze.why));
        if (name != "from" && name != "to") return unknown(name, "a freeze");
        (name == "from" ? has_from : has_to) = true;
        return read_time(name, of).map(into(name == "from" ? freeze.from : freeze.to));
      });
  if (!read) return read;
  if (!has_from || !has_to) return wrong("freeze", "needs from and to");
  if (freeze.why.size() > 200) return wrong("why", "of a freeze may have 200 characters");
  plan.freezes.push_back(std::move(freeze));
  return {};
}

Result<> read_alarms(const dom::element& value, Plan& plan) {
  plan.alarms.clear();
  return each_member("alarms", value, [&](const std::string& name, const auto& of) -> Result<> {
    if (name.size() > 200) return wrong("alarms", "have names of up to 200 characters");
    return read_remedy("alarms", of).map([&](Remedy remedy) {
      plan.alarms.push_back({name, remedy});
    });
  });
}

Result<> read_member(const std::string& name, const dom::element& value, Plan& plan) {
  if (name == "name") return read_text(name, value).map(into(plan.name));
  if (name == "phases")
    return each_element(name, value,
                        [&](const auto& element) { return read_phase(element, plan); });
  if (name == "freeze")
    return each_element(name, value,
                        [&](const auto& element) { return read_freeze(element, plan); });
  if (name == "alarms") return read_alarms(value, plan);
  if (name == "control_percentage")
    return read_whole(name, value, 0, 50).map(into(plan.control_percentage));
  if (name == "alpha") return read_number(name, value, "a number").map(into(plan.alpha));
  if (name == "promotion_alpha")
    return read_number(name, value, "a number").map(into(plan.promotion_alpha));
  if (name == "action_sessions")
    return read_whole(name, value, 1, 1000).map(into(plan.action_sessions));
  if (name == "action_share") return read_whole(name, value, 0, 100).map(into(plan.action_share));
  if (name == "look_minutes")
    return read_whole(name, value, 1, 1440).map([&](auto number) {
      plan.look_every = minutes{number};
    });
  if (name == "a_a") return read_bool(name, value).map(into(plan.a_a));
  return unknown(name, "a plan");
}

std::string text_of(bool value) { return value ? "true" : "false"; }

std::string document_of(const Rule& rule) {
  return "{\"name\":" + escaped(info(rule.measure).name) + ",\"limit\":" + number(rule.limit) +
         ",\"margin\":" + number(rule.margin) +
         ",\"on_failure\":" + escaped(to_string(rule.remedy)) +
         ",\"breaches\":" + std::to_string(rule.breaches) + ",\"of\":" + std::to_string(rule.of) +
         ",\"warm_up_minutes\":" + std::to_string(rule.warm_up.count()) +
         ",\"missing\":" + escaped(to_string(rule.missing)) + "}";
}

template <class Items, class ToText>
std::string list_of(const Items& items, ToText to_text) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ",") + to_text(item);
  return text;
}

std::string document_of(const Phase& phase) {
  return "{\"name\":" + escaped(phase.name) +
         ",\"rollout_percentage\":" + std::to_string(phase.rollout_percentage) +
         ",\"bake_hours\":" + std::to_string(phase.bake.count()) +
         ",\"min_sessions\":" + std::to_string(phase.min_sessions) +
         ",\"approval\":" + text_of(phase.approval) + ",\"criteria\":[" +
         list_of(phase.rules, [](const Rule& rule) { return document_of(rule); }) + "]}";
}

std::string document_of(const Freeze& freeze) {
  return "{\"from\":" + escaped(format_utc(freeze.from)) +
         ",\"to\":" + escaped(format_utc(freeze.to)) + ",\"why\":" + escaped(freeze.why) + "}";
}

}  // namespace

Result<Plan> parse_plan(std::string_view document) {
  dom::parser parser;
  const auto root = parse_object(parser, document, max_plan_bytes);
  if (!root) return tl::unexpected(root.error());
  Plan plan = guide_plan();
  const std::vector<Phase> guide = std::exchange(plan.phases, {});
  plan.name = "plan";
  bool has_phases = false;
  for (const auto [name, value] : *root) {
    if (auto read = read_member(std::string(name), value, plan); !read)
      return tl::unexpected(read.error());
    has_phases = has_phases || name == "phases";
  }
  if (!has_phases) plan.phases = guide;
  return validate(std::move(plan));
}

std::string to_document(const Plan& plan) {
  return "{\"name\":" + escaped(plan.name) + ",\"phases\":[" +
         list_of(plan.phases, [](const Phase& phase) { return document_of(phase); }) +
         "],\"freeze\":[" +
         list_of(plan.freezes, [](const Freeze& freeze) { return document_of(freeze); }) +
         "],\"alarms\":{" +
         list_of(plan.alarms,
                 [](const AlarmRemedy& one) {
                   return escaped(one.alarm) + ":" + escaped(to_string(one.remedy));
                 }) +
         "},\"control_percentage\":" + std::to_string(plan.control_percentage) +
         ",\"alpha\":" + number(plan.alpha) +
         ",\"promotion_alpha\":" + number(plan.promotion_alpha) +
         ",\"action_sessions\":" + std::to_string(plan.action_sessions) +
         ",\"action_share\":" + std::to_string(plan.action_share) +
         ",\"look_minutes\":" + std::to_string(plan.look_every.count()) +
         ",\"a_a\":" + text_of(plan.a_a) + "}";
}

}  // namespace sotto::rollout
