#include "rollout_controller/present_json.hpp"

#include <boost/json.hpp>

#include "feature_flag/flag_json.hpp"
#include "rollout_controller/criterion_words.hpp"
#include "rollout_controller/state_json.hpp"

namespace sotto::rollout_controller {

namespace json = boost::json;

namespace {

json::value or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value or_null(const std::optional<UtcTime>& time) {
  return time ? json::value(format_utc(*time)) : json::value(nullptr);
}

json::object evaluation_json(const rollout::Evaluation& evaluation) {
  json::object object{{"enabled", evaluation.enabled},
                      {"reason", rollout::to_string(evaluation.reason)},
                      {"bucket", evaluation.bucket},
                      {"rollout_percentage", evaluation.rollout_percentage},
                      {"version", nullptr}};
  if (evaluation.version > 0) object["version"] = evaluation.version;
  return object;
}

json::object session_json(const SessionNow& session) {
  json::object object{{"state", session.state},
                      {"created_at", format_utc(session.created_at)},
                      {"ended_at", or_null(session.ended_at)},
                      {"given", evaluation_json(session.given)}};
  for (auto& member : evaluation_json(session.present))
    object.insert_or_assign(member.key(), member.value());
  object["since"] = or_null(session.since);
  object["by"] = or_null(session.by);
  object["why"] = or_null(session.remark);
  object["acted"] = session.acted;
  return object;
}

}  // namespace

json::object rollout_json(const Standing& standing, const RolloutNow& present) {
  json::object object = standing_json(standing);
  object["status"] = rollout::to_string(present.status);
  object["about_to"] = or_null(present.about_to);
  object["led"] = present.led;
  return object;
}

json::object rollout_json(const Done& done) {
  return rollout_json(done.standing,
                      done.present.value_or(RolloutNow{done.standing.state.status, "", false}));
}

json::object shown_json(const rollout::Criterion& criterion) {
  json::object object = criterion_json(criterion);
  object["why"] = or_null(words_of(criterion));
  return object;
}

json::object done_json(const Done& done) {
  json::array criteria;
  for (const rollout::Criterion& criterion : done.criteria)
    criteria.push_back(shown_json(criterion));
  return {{"rollout", rollout_json(done)},
          {"why", done.why},
          {"event", done.event ? json::value(event_json(*done.event)) : nullptr},
          {"criteria", std::move(criteria)}};
}

bool goes_on(const PresentState& state) { return state.session && state.session->state != "ended"; }

json::object explained_json(const std::string& session_id, const PresentState& state) {
  const bool switched_off =
      goes_on(state) && state.session->given.enabled && !state.session->present.enabled;
  json::object object = feature_flag::explain_json(
      session_id, switched_off ? state.session->present : state.new_session);
  object["new_session"] = evaluation_json(state.new_session);
  object["rollout"] = nullptr;
  if (state.rollout) {
    const rollout::State& rollout = state.standing->state;
    object["rollout"] = {{"plan", rollout.plan.name},
                         {"status", rollout::to_string(state.rollout->status)},
                         {"phase", rollout.plan.phases[rollout.phase].name},
                         {"about_to", or_null(state.rollout->about_to)}};
  }
  if (state.session) object["session"] = session_json(*state.session);
  return object;
}

}  // namespace sotto::rollout_controller
