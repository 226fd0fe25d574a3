#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/enum_names.hpp"
#include "base/overloaded.hpp"
#include "rollout/criteria.hpp"
#include "rollout/explanation.hpp"

namespace sotto::rollout {

namespace {

constexpr EnumNames<ObstacleKind, ObstacleKind::silence> obstacles = {
    {ObstacleKind::none, "none"},
    {ObstacleKind::written, "written"},
    {ObstacleKind::guardrails_fail, "guardrails_fail"},
    {ObstacleKind::criteria_fail, "criteria_fail"},
    {ObstacleKind::criteria_unknown, "criteria_unknown"},
    {ObstacleKind::inconclusive, "inconclusive"},
    {ObstacleKind::both_arms, "both_arms"},
    {ObstacleKind::assignment_fault, "assignment_fault"},
    {ObstacleKind::canary_sessions, "canary_sessions"},
    {ObstacleKind::control_sessions, "control_sessions"},
    {ObstacleKind::freeze, "freeze"},
    {ObstacleKind::approval, "approval"},
    {ObstacleKind::not_measured, "not_measured"},
    {ObstacleKind::figures_unreadable, "figures_unreadable"},
    {ObstacleKind::silence, "silence"}};

std::string figure(double value) {
  std::array<char, 32> text{};
  const char* format = std::abs(value) >= 1000 && std::abs(value) < 1e9 ? "%.0f" : "%.4g";
  const auto size = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(std::max(0, size))};
}

// The first of them by name, since the sentence is to be read at a glance.
std::string titles_of(const std::vector<Measure>& measures) {
  std::string titles;
  for (std::size_t i = 0; i < std::min(measures.size(), named_measures); ++i) {
    titles += i == 0 ? "" : "; ";
    titles += info(measures[i]).title;
  }
  if (measures.size() > named_measures)
    titles += " and " + std::to_string(measures.size() - named_measures) + " more";
  return titles;
}

std::string too_few(const char* arm, const Obstacle& obstacle) {
  return "Too few sessions: " + std::string(arm) + " has " + std::to_string(obstacle.sessions) +
         " of " + std::to_string(obstacle.needed) + ".";
}

std::string describe(const Overruled& overruled) {
  const std::string who = overruled.by.empty() ? "somebody" : overruled.by;
  if (overruled.version == 0) return "The flag is gone: paused.";
  if (!overruled.enabled) return "Paused: " + who + " has disabled the flag.";
  return "Paused: " + who + " has set the flag to " + percent(overruled.percentage) + ".";
}

std::string describe(const Baking& baking) {
  return "Baking: " + in_words(baking.left) + " to go.";
}

std::string sentence_of(const Commanded& done) {
  switch (done.event) {
    case EventKind::started:
      return "Started with phase " + done.phase + ", " + percent(done.percentage) + ".";
    case EventKind::advanced: return done.by_force ? "Advanced by force." : "Advanced.";
    case EventKind::paused: return "Paused.";
    case EventKind::resumed: return "Resumed.";
    case EventKind::approved: return "The end of phase " + done.phase + " is approved.";
    case EventKind::aborted: return "Aborted.";
    default: return "Cleared.";
  }
}

}  // namespace

std::string_view to_string(ObstacleKind kind) { return obstacles.name(kind); }
std::optional<ObstacleKind> obstacle_named(std::string_view name) { return obstacles.named(name); }

namespace {

// What the harm that an inconclusive criterion could hide is called.
std::string hidden_of(const Criterion& criterion) {
  const double harm = criterion.hidden.value_or(0);
  const auto points = [&](const char* what) {
    return std::string(what) + " up to +" + figure(harm) + " points";
  };
  switch (criterion.rule.measure) {
    case Measure::latency_ratio:
      return "latency up to +" + figure(std::round(100 * (harm - 1))) + " %";
    case Measure::session_length:
      return "sessions up to " + figure(std::round(100 * (1 - harm))) + " % shorter";
    case Measure::error_rate: return points("errors");
    case Measure::feedback: return points("thumbs down");
    case Measure::cache_hit_rate: return points("cache misses");
    case Measure::listeners_left: return points("listeners who leave");
    default: return std::string(info(criterion.rule.measure).title);
  }
}

}  // namespace

std::string hidden_in_words(const std::vector<Criterion>& criteria) {
  std::string hidden;
  for (const Criterion& criterion : criteria) {
    if (criterion.verdict != Verdict::inconclusive) continue;
    hidden += hidden.empty() ? "" : ", ";
    hidden += criterion.hidden ? hidden_of(criterion) : info(criterion.rule.measure).title;
    if (criterion.suspected) hidden += ", of which there are signs";
  }
  return hidden;
}

std::string percent(int percentage) { return std::to_string(percentage) + " %"; }

std::string in_words(std::chrono::milliseconds time) {
  using namespace std::chrono;
  const auto all = ceil<minutes>(time);
  const auto d = all / days{1}, h = all % days{1} / hours{1}, m = all % hours{1} / minutes{1};
  if (d > 0) return std::to_string(d) + " d " + std::to_string(h) + " h";
  if (h > 0) return std::to_string(h) + " h " + std::to_string(m) + " min";
  return std::to_string(m) + " min";
}

std::string describe(const Breach& breach) {
  if (breach.written) return *breach.written;
  const MeasureInfo& of = info(breach.measure);
  const auto with_unit = [&](double value) {
    return figure(value) + (of.unit.empty() ? "" : " ") + std::string(of.unit);
  };
  std::string text(of.title);
  if (breach.canary) text += " " + with_unit(*breach.canary);
  switch (breach.measure) {
    case Measure::latency_ratio:
    case Measure::stability:
      return text + ", surely above " + (breach.surely_above ? figure(*breach.surely_above) : "1") +
             " in " + std::to_string(breach.sessions) + " sessions";
    case Measure::session_length:
      return text + ", surely below 1 in " + std::to_string(breach.sessions) + " sessions";
    case Measure::feedback:
    case Measure::cache_hit_rate:
    case Measure::listeners_left:
      if (breach.control) text += ", in control " + with_unit(*breach.control);
      return text + (breach.limit > 0 ? ", limit " + with_unit(breach.limit) : "") + " in " +
             std::to_string(breach.sessions) + " sessions";
    case Measure::error_rate:
    case Measure::sample_ratio:
      if (breach.control) text += ", expected " + with_unit(*breach.control);
      return text + " in " + std::to_string(breach.sessions) + " sessions";
    case Measure::alarms:
      text += " on:";
      for (const std::string& alarm : breach.alarms) text += " " + alarm;
      return text;
    default: return text + ", limit " + with_unit(breach.limit);
  }
}

namespace {

std::string describe_inconclusive(const Obstacle& obstacle) {
  std::string text = "Inconclusive. Could still be hidden: " + obstacle.text;
  if (obstacle.sessions > 0) {
    text += "; about " + std::to_string(obstacle.sessions) + " sessions more";
    if (obstacle.needed > 0)
      text += ", " + in_words(std::chrono::hours{obstacle.needed}) + " at the present rate,";
    text += " would tell";
  }
  return text + ".";
}

std::string sentence_of(const Obstacle& obstacle) {
  switch (obstacle.kind) {
    case ObstacleKind::none: return {};
    case ObstacleKind::written: return obstacle.text;
    case ObstacleKind::guardrails_fail: return "Failed: " + titles_of(obstacle.measures) + ".";
    case ObstacleKind::criteria_fail: return "Not met: " + titles_of(obstacle.measures) + ".";
    case ObstacleKind::criteria_unknown:
      return "Not enough data yet: " + titles_of(obstacle.measures) + ".";
    case ObstacleKind::inconclusive: return describe_inconclusive(obstacle);
    case ObstacleKind::both_arms:
      return "Both arms have it, so it is trouble around the feature: " +
             titles_of(obstacle.measures) + ".";
    case ObstacleKind::assignment_fault:
      return "Sessions do not fall to the canary as the percentage says: an assignment fault. "
             "Nothing is compared in this phase.";
    case ObstacleKind::canary_sessions: return too_few("the canary", obstacle);
    case ObstacleKind::control_sessions: return too_few("control", obstacle);
    case ObstacleKind::freeze:
      return "No promotion until " + format_utc(obstacle.until) + ": " + obstacle.text;
    case ObstacleKind::approval: return "A person has to approve it.";
    case ObstacleKind::not_measured: return "Nothing could be measured.";
    case ObstacleKind::figures_unreadable: return "The figures cannot be read.";
    case ObstacleKind::silence: return "Nothing was measured for a day.";
  }
  return {};
}

}  // namespace

std::string describe(const Obstacle& obstacle) {
  return sentence_of(obstacle) +
         (obstacle.asks ? " The bake time is over: approve it, or wait for more sessions." : "");
}

std::string describe(const Explanation& explanation) {
  return std::visit(
      Overloaded{
          [](const CriteriaPass& pass) {
            return "All " + std::to_string(pass.criteria) + " criteria pass.";
          },
          [](const FeatureOff&) {
            return std::string("The feature is off: every new session gets finals only.");
          },
          [](const FlagPending&) { return std::string("The flag is being changed."); },
          [](const Aborted&) { return std::string("Aborted."); },
          [](const TakenBack& taken) { return "Rolled back: " + describe(taken.breach); },
          [](const RolledBack& rolled) {
            return (rolled.remedy == Remedy::disable
                        ? "Disabled: "
                        : "Back to " + percent(rolled.percentage) + ": ") +
                   describe(rolled.breach);
          },
          [](const WentOn& on) {
            return "Nothing keeps it any more. " +
                   std::visit([](const auto& waits) { return describe(waits); }, on.waits_for);
          },
          [](const Promoted& on) {
            return "Phase " + on.from + " has passed: on to " + on.to + ", " +
                   percent(on.percentage) + ".";
          },
          [](const Completed&) { return std::string("Rolled out: the last phase has passed."); },
          [](const Commanded& done) {
            return sentence_of(done) + (done.remark.empty() ? "" : " " + done.remark);
          },
          [](const auto& other) { return describe(other); }},
      explanation);
}

}  // namespace sotto::rollout
