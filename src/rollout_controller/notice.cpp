#include "rollout_controller/notice.hpp"

#include <boost/json.hpp>

#include "json/text.hpp"
#include "rollout_controller/state_json.hpp"

namespace sotto::rollout_controller {

namespace json = boost::json;
using rollout::EventKind;

namespace {

// https://api.slack.com/reference/surfaces/formatting#escaping
std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else
      safe += c;
  }
  return safe;
}

std::string percentages(const rollout::RolloutEvent& event) {
  const std::string after = std::to_string(event.percentage_after) + " %";
  if (event.percentage_before == event.percentage_after) return after;
  return std::to_string(event.percentage_before) + " % → " + after;
}

}  // namespace

std::string_view title_of(EventKind kind) {
  switch (kind) {
    case EventKind::started: return "Rollout started";
    case EventKind::promoted: return "Phase passed";
    case EventKind::completed: return "Rollout completed";
    case EventKind::held: return "Rollout held";
    case EventKind::went_on: return "Rollout goes on";
    case EventKind::stepped_back: return "Rolled back";
    case EventKind::disabled: return "Feature disabled";
    case EventKind::overruled: return "Flag changed by hand";
    case EventKind::paused: return "Rollout paused";
    case EventKind::resumed: return "Rollout resumed";
    case EventKind::approved: return "Phase approved";
    case EventKind::advanced: return "Rollout advanced";
    case EventKind::aborted: return "Rollout aborted";
    case EventKind::cleared: return "Rollback cleared";
  }
  return "Rollout";
}

std::string notice_json(const std::string& environment, const std::string& parameter_name,
                        const KeptEvent& event, const rollout::State& state) {
  json::object object{{"event", "rollout"},
                      {"environment", environment},
                      {"parameter_name", parameter_name},
                      {"plan", state.plan.name},
                      {"status", rollout::to_string(state.status)}};
  for (const auto& [name, value] : kept_event_json(event)) object[name] = value;
  return sotto::json::to_text(object);
}

std::string notice_slack(const std::string& environment, const std::string& parameter_name,
                         const KeptEvent& event, const rollout::State& state) {
  const std::string title = std::string(title_of(event.kind)) + " (" + environment + ")";
  const std::string why = escaped(event.why);
  std::string context = escaped(state.plan.name) + " · phase " + escaped(event.phase) + " · " +
                        percentages(event) + " · by " + escaped(event.by) + " · " +
                        format_utc(event.at) + " · " + escaped(parameter_name) + " · record " +
                        std::to_string(event.record);
  if (!event.hash.empty()) context += ", hash " + event.hash;
  const auto markdown = [](const std::string& text) {
    return json::object{{"type", "mrkdwn"}, {"text", text}};
  };
  return sotto::json::to_text(json::object{
      {"text", title + ": " + why},
      {"blocks", json::array{json::object{{"type", "section"},
                                          {"text", markdown("*" + escaped(title) + "*\n" + why)}},
                             json::object{{"type", "context"},
                                          {"elements", json::array{markdown(context)}}}}}});
}

}  // namespace sotto::rollout_controller
