// How the rollout's state and evidence look in JSON: each member under its name, times as RFC 3339,
// durations as whole numbers of their unit, an infinite end of an interval as null. For the .cpp
// files of this module.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/utc_time.hpp"
#include "json/exact.hpp"
#include "rollout/controller.hpp"

namespace sotto::rollout {

// An enum's value by its name, for enums whose names the JSON has.
inline std::optional<Remedy> named(std::string_view name, Remedy) { return remedy_named(name); }
inline std::optional<Verdict> named(std::string_view name, Verdict) { return verdict_named(name); }
inline std::optional<Status> named(std::string_view name, Status) { return status_named(name); }
inline std::optional<EventKind> named(std::string_view name, EventKind) {
  return event_kind_named(name);
}
inline std::optional<ObstacleKind> named(std::string_view name, ObstacleKind) {
  return obstacle_named(name);
}
template <class Enum>
concept NamedEnum = std::is_enum_v<Enum> && requires(Enum value) {
  named("", value);
  to_string(value);
};

BOOST_DESCRIBE_STRUCT(FlagTarget, (),
                      (enabled, rollout_percentage, control_percentage, recall_live, a_a))
BOOST_DESCRIBE_STRUCT(FlagSeen, (), (version, flag, changed_by))
BOOST_DESCRIBE_STRUCT(PendingFlag, (), (target, over, by, reason))
BOOST_DESCRIBE_STRUCT(Latch, (), (at, remedy, phase, why))
BOOST_DESCRIBE_STRUCT(State, (),
                      (plan, status, phase, started_at, phase_began_at, stepped_at, looked_at,
                       baked, judged_from, approved_by, approved_unsettled, latch, rollbacks,
                       alarm_rings, alarm_on, alarm_looks, breaches, events, holding,
                       latency_before, pending))
BOOST_DESCRIBE_STRUCT(RolloutEvent, (),
                      (number, kind, at, by, why, phase, percentage_before, percentage_after))
BOOST_DESCRIBE_STRUCT(Moments, (), (count, mean, squares))
BOOST_DESCRIBE_STRUCT(ArmFigures, (),
                      (captions, latency_p95_ms, finals, errors, dropped_per_minute, sessions,
                       orphaned_per_session, fallbacks, thumbs_up, thumbs_neutral, thumbs_down,
                       cost_per_listener_hour, cache_hits, cache_misses))
BOOST_DESCRIBE_STRUCT(Figures, (), (canary, control))
BOOST_DESCRIBE_STRUCT(TroubleLimits, (), (latency_ms, dropped, orphaned))
BOOST_DESCRIBE_STRUCT(LimitTest, (), (log_wealth, count))
BOOST_DESCRIBE_STRUCT(ArmEvidence, (),
                      (sessions, troubled, log_latency, log_length, erasure, cost, captions, late,
                       late_limit, thumbs_down, left, cache_misses))
BOOST_DESCRIBE_STRUCT(PairedEvidence, (), (words, taken_back, won_ms, won_p95_ms))
BOOST_DESCRIBE_STRUCT(HarmTest, (), (log_wealth, control, control_sum))
BOOST_DESCRIBE_STRUCT(DifferenceRange, (),
                      (log_above, log_below, canary, control, canary_sum, control_sum))
BOOST_DESCRIBE_STRUCT(ShareComparison, (), (harm, range))
BOOST_DESCRIBE_STRUCT(Reference::Value, (), (value, group, hour))
BOOST_DESCRIBE_STRUCT(Reference, (), (values))
BOOST_DESCRIBE_STRUCT(RankTest, (), (log_wealth))
BOOST_DESCRIBE_STRUCT(ShiftRange, (), (log_above, log_below, canary, control))
BOOST_DESCRIBE_STRUCT(ShiftComparison, (), (harm, range, reference))
BOOST_DESCRIBE_STRUCT(RecentSession, (), (ended_at, canary, troubles, captions, late_captions))
BOOST_DESCRIBE_STRUCT(Evidence, (),
                      (limits, canary, control, delivered, forecast, sample_ratio, rollout_ratio,
                       latency, length, errors, thumbs_down, left, cache_misses, troubles, recent,
                       rollout_sessions, rollout_canary_sessions, rollout_troubled,
                       rollout_canary_troubled))
BOOST_DESCRIBE_STRUCT(AlarmSessions, (), (alarm, canary, canary_active, control, control_active))
BOOST_DESCRIBE_STRUCT(Readings, (),
                      (taken_at, newest, recent, whole, figures_known, evidence, alarms_on,
                       canary_alarms, alarm_sessions, alarms_rung, alarm_looks, rollbacks,
                       latency_before))

}  // namespace sotto::rollout

// Found by argument-dependent look-up through the library's tags.
namespace boost::json {

template <sotto::rollout::NamedEnum Enum>
void tag_invoke(value_from_tag, value& to, Enum from) {
  to = to_string(from);
}
template <sotto::rollout::NamedEnum Enum>
result<Enum> tag_invoke(try_value_to_tag<Enum>, const value& from) {
  if (!from.is_string()) return make_error_code(error::not_string);
  const auto value = named(std::string_view(from.get_string()), Enum{});
  if (!value) return make_error_code(error::unknown_name);
  return *value;
}

inline void tag_invoke(value_from_tag, value& to, const sotto::UtcTime& time) {
  to = sotto::format_utc(time);
}
inline result<sotto::UtcTime> tag_invoke(try_value_to_tag<sotto::UtcTime>, const value& from) {
  if (!from.is_string()) return make_error_code(error::not_string);
  const auto time = sotto::parse_utc(std::string(from.as_string()));
  if (!time) return make_error_code(error::incomplete);
  return *time;
}

// As sentences; explanation_json.hpp has the rest.
inline void tag_invoke(value_from_tag, value& to, const sotto::rollout::Obstacle& obstacle) {
  to = sotto::rollout::describe(obstacle);
}
inline result<sotto::rollout::Obstacle> tag_invoke(try_value_to_tag<sotto::rollout::Obstacle>,
                                                   const value& from) {
  if (!from.is_string()) return make_error_code(error::not_string);
  sotto::rollout::Obstacle obstacle;
  obstacle.text = from.get_string();
  if (!obstacle.text.empty()) obstacle.kind = sotto::rollout::ObstacleKind::written;
  return obstacle;
}
inline void tag_invoke(value_from_tag, value& to, const sotto::rollout::Breach& breach) {
  to = sotto::rollout::describe(breach);
}
inline result<sotto::rollout::Breach> tag_invoke(try_value_to_tag<sotto::rollout::Breach>,
                                                 const value& from) {
  if (!from.is_string()) return make_error_code(error::not_string);
  sotto::rollout::Breach breach;
  breach.written.emplace(from.get_string());
  return breach;
}

template <class Period>
void tag_invoke(value_from_tag, value& to,
                const std::chrono::duration<std::int64_t, Period>& time) {
  to = time.count();
}
template <class Period>
result<std::chrono::duration<std::int64_t, Period>> tag_invoke(
    try_value_to_tag<std::chrono::duration<std::int64_t, Period>>, const value& from) {
  error_code failed;
  const auto count = from.to_number<std::int64_t>(failed);
  if (failed) return failed;
  return std::chrono::duration<std::int64_t, Period>{count};
}

inline void tag_invoke(value_from_tag, value& to, const sotto::rollout::Interval& interval) {
  const auto end = [](double of) { return std::isfinite(of) ? value(of) : value(nullptr); };
  to = object{{"low", end(interval.low)}, {"high", end(interval.high)}};
}
inline result<sotto::rollout::Interval> tag_invoke(try_value_to_tag<sotto::rollout::Interval>,
                                                   const value& from) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const object* ends = from.if_object();
  const value *low = ends ? ends->if_contains("low") : nullptr,
              *high = ends ? ends->if_contains("high") : nullptr;
  if (!low || !high) return make_error_code(error::not_object);
  return sotto::rollout::Interval{low->is_number() ? low->to_number<double>() : -infinity,
                                  high->is_number() ? high->to_number<double>() : infinity};
}

inline void tag_invoke(value_from_tag, value& to, const sotto::rollout::Plan& plan) {
  to = parse(sotto::rollout::to_document(plan));
}
inline result<sotto::rollout::Plan> tag_invoke(try_value_to_tag<sotto::rollout::Plan>,
                                               const value& from) {
  const auto plan = sotto::rollout::parse_plan(serialize(from));
  if (!plan) return make_error_code(error::not_object);
  return *plan;
}

template <class Test>
requires requires(const Test& test) { test.kept(); }
void tag_invoke(value_from_tag, value& to, const Test& test) {
  const auto kept = test.kept();
  to = object{{"canary", kept.canary},
              {"control", kept.control},
              {"expected", kept.expected},
              {"log_ratio", array(kept.log_ratio.begin(), kept.log_ratio.end())}};
}
template <class Test>
requires requires(const Test& test) { test.kept(); }
result<Test> tag_invoke(try_value_to_tag<Test>, const value& from) {
  typename Test::Kept kept;
  const object* members = from.if_object();
  if (!members) return make_error_code(error::not_object);
  for (const char* name : {"canary", "control", "expected", "log_ratio"})
    if (!members->contains(name)) return make_error_code(error::not_found);
  error_code failed;
  kept.canary = members->at("canary").to_number<std::uint64_t>(failed);
  if (!failed) kept.control = members->at("control").to_number<std::uint64_t>(failed);
  if (!failed) kept.expected = members->at("expected").to_number<double>(failed);
  const auto ratios = try_value_to<std::vector<double>>(members->at("log_ratio"));
  if (failed || !ratios || ratios->size() != kept.log_ratio.size())
    return make_error_code(error::size_mismatch);
  std::copy(ratios->begin(), ratios->end(), kept.log_ratio.begin());
  return Test(kept);
}

}  // namespace boost::json

namespace sotto::rollout_controller {

/// A described value's JSON, over what a default one has: a member that an older writer did not
/// know keeps its default. Errors: `invalid_argument`, with `what` it should be.
template <class Described>
Result<Described> from_json(const boost::json::value& value, const std::string& what) {
  boost::json::value whole = boost::json::value_from(Described{});
  if (value.is_object())
    for (const auto& [name, member] : value.as_object()) whole.as_object()[name] = member;
  const auto read = boost::json::try_value_to<Described>(whole);
  if (!value.is_object() || !read)
    return fail(ErrorCode::invalid_argument, what + " cannot be read from its JSON", what);
  return *read;
}

}  // namespace sotto::rollout_controller
