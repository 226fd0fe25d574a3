#include "rollout_controller/explanation_json.hpp"

#include "rollout_controller/rollout_json.hpp"

namespace sotto::rollout_controller {

namespace json = boost::json;
using rollout::Breach;
using rollout::Obstacle;

namespace {

// Both throw boost::system::system_error for what is none.
rollout::Measure measure_of(const json::value& name) {
  const auto measure = rollout::measure_named(std::string_view(name.as_string()));
  if (!measure) throw boost::system::system_error(json::error::unknown_name);
  return *measure;
}

Obstacle obstacle_of(const json::object& object) {
  Obstacle obstacle;
  obstacle.kind = json::value_to<rollout::ObstacleKind>(object.at("kind"));
  for (const json::value& name : object.at("measures").as_array())
    obstacle.measures.push_back(measure_of(name));
  obstacle.sessions = object.at("sessions").to_number<std::uint64_t>();
  obstacle.needed = object.at("needed").to_number<std::uint64_t>();
  obstacle.until = json::value_to<UtcTime>(object.at("until"));
  obstacle.text = object.at("text").as_string();
  if (const json::value* asks = object.if_contains("asks")) obstacle.asks = asks->as_bool();
  return obstacle;
}

Breach breach_of(const json::object& object) {
  using Number = std::optional<double>;
  Breach breach;
  breach.measure = measure_of(object.at("measure"));
  breach.limit = object.at("limit").to_number<double>();
  breach.canary = json::value_to<Number>(object.at("canary"));
  breach.control = json::value_to<Number>(object.at("control"));
  breach.surely_above = json::value_to<Number>(object.at("surely_above"));
  breach.sessions = object.at("sessions").to_number<std::uint64_t>();
  breach.alarms = json::value_to<std::vector<std::string>>(object.at("alarms"));
  return breach;
}

template <class Explained, class Read>
void restore(Explained& explained, const json::value* beside, Read read) {
  if (!beside || !beside->is_object()) return;
  try {
    Explained whole = read(beside->as_object());
    if (rollout::describe(whole) == rollout::describe(explained)) explained = std::move(whole);
  } catch (const std::exception&) {  // the sentence is what there is
  }
}

}  // namespace

json::object obstacle_json(const Obstacle& obstacle) {
  json::array measures;
  for (const rollout::Measure measure : obstacle.measures)
    measures.emplace_back(rollout::info(measure).name);
  return {{"kind", rollout::to_string(obstacle.kind)},
          {"measures", std::move(measures)},
          {"sessions", obstacle.sessions},
          {"needed", obstacle.needed},
          {"until", json::value_from(obstacle.until)},
          {"text", obstacle.text},
          {"asks", obstacle.asks}};
}

json::object breach_json(const Breach& breach) {
  return {{"measure", rollout::info(breach.measure).name},
          {"limit", breach.limit},
          {"canary", json::value_from(breach.canary)},
          {"control", json::value_from(breach.control)},
          {"surely_above", json::value_from(breach.surely_above)},
          {"sessions", breach.sessions},
          {"alarms", json::value_from(breach.alarms)}};
}

void restore(Obstacle& obstacle, const json::value* beside) {
  restore(obstacle, beside, obstacle_of);
}

void restore(Breach& breach, const json::value* beside) { restore(breach, beside, breach_of); }

}  // namespace sotto::rollout_controller
