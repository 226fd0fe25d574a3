#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "rollout/plan.hpp"
#include "simulation/session.hpp"

namespace sotto::simulation {

using Random = std::mt19937_64;

/// How the canary's sessions differ from control's, on some days of the rollout.
struct Effect {
  double latency = 1, errors = 1, cost = 1;  ///< factors
  double spread = 1;  ///< factor of the logarithm of a session's latency around its median
  double length = 1;  ///< factor of a session's duration
  // Instead of the scenario's:
  std::optional<double> error_chance = {}, thumbs_down = {}, cache_hit_rate = {}, leave_chance = {};
  std::chrono::days from{0};
  std::optional<std::chrono::days> until = {};  ///< none: to the end
  friend bool operator==(const Effect&, const Effect&) = default;
};

/// Some hours' trouble. It is all of a session's that was live in it, however short.
struct Outage {
  double from_hour = 0, hours = 1;  ///< of the rollout
  bool canary = true, control = true;
  double latency = 1;        ///< factor
  double error_chance = 0;   ///< at least
  double errors_each = 1.5;  ///< of a session that has some: mean, at least
  // Means that are added:
  double fallbacks = 0, orphaned = 0, dropped_a_minute = 0;
  friend bool operator==(const Outage&, const Outage&) = default;
};

/// A language that sessions are spoken in.
struct Language {
  std::string name;
  double share = 1;                ///< of sessions
  double latency = 1, errors = 1;  ///< factors, in both arms
  friend bool operator==(const Language&, const Language&) = default;
};

/// One session that comes whatever the others do. Its arm is as said, if the flag has it then.
struct ScriptedSession {
  double hour = 0;  ///< of the rollout
  bool canary = true;
  double minutes = 2;
  std::uint64_t captions = 4;
  double latency_p95_ms = 1000;
  std::uint64_t errors = 0, orphaned = 0, dropped = 0, fallbacks = 0;
  friend bool operator==(const ScriptedSession&, const ScriptedSession&) = default;
};

/// How the p95 of the captions' latency is distributed across sessions.
enum class Distribution : std::uint8_t {
  log_normal,
  bimodal,  ///< two log-normal ones
  pareto    ///< heavy-tailed: the variance is infinite for an index up to 2
};

/// What a plan should do.
enum class Expectation : std::uint8_t {
  promoted,
  taken_back,
  held,
  assignment_fault,  ///< held because the arms' sizes do not agree with the percentage
  both_arms          ///< held while both arms are in trouble, then promoted
};
/// The name in documents, such as "taken_back".
std::string_view to_string(Expectation expectation);
std::optional<Expectation> expectation_named(std::string_view name);

/// How synthetic sessions come, and what comes of them. Means are of sessions, unless said else.
struct Scenario {
  std::string name, meaning;  ///< `meaning` is a phrase for people
  bool usual = false;         ///< one of those that are played where none is named

  // They come by chance: a Poisson process whose rate follows the hour and the day of the week.
  double sessions_a_day = 80;    ///< mean over a week, bursts included
  double daily_swing = 0.8;      ///< of the rate, 0 to 1: highest at 14:00 UTC, lowest at 2:00
  double weekend = 0.4;          ///< the rate of Saturdays and Sundays, to a mean day's; below 3.5
  double burst_share = 0;        ///< of sessions, that come in bursts
  double burst_sessions = 20;    ///< in a burst, of burst_length
  double minutes_median = 20;    ///< of a session, log-normal, from 2 to 60
  double captions_a_minute = 8;  ///< whose latency is measured
  std::vector<ScriptedSession> script = {};  ///< besides

  Distribution latency = Distribution::log_normal;
  double latency_p95_ms = 1000;  ///< median; of the first mode, if there are two
  double latency_log_sd = 0.35;  ///< across sessions, of the first mode; not of a Pareto one
  double second_p95_ms = 3000, second_log_sd = 0.35, second_share = 0.2;  ///< of the second mode
  double pareto_index = 2.2;     ///< its least value is the median / 2^(1/index)
  double latency_swing = 0;      ///< of its logarithm, with the hour as daily_swing, in both arms
  double latency_weekend = 1;    ///< factor of Saturdays and Sundays, in both arms
  double drift = 1;              ///< factor that both arms' latency comes to, by equal ratios,
  double drift_days = 28;        ///< in so many days
  double bad_days_log_sd = 0;    ///< of a factor that all sessions of a day have in common
  double error_chance = 0.02;    ///< that a session has one or more
  double error_days_log_sd = 0;  ///< as bad_days_log_sd, of the chance

  double erasure = 0.12;          ///< normalized, of canary sessions; others take nothing back
  double cost = 0.04;             ///< dollars per listener-hour
  double cache_hit_rate = 0.45;   ///< of look-ups
  double listeners = 4;           ///< from 1 on
  double leave_chance = 0.1;      ///< that a listener leaves early
  double vote_chance = 0.1;       ///< that a listener votes, once
  double thumbs_down = 0.1;       ///< of votes
  double thumbs_neutral = 0.1;    ///< of votes, if so many are left
  double dropped_a_minute = 0.1;  ///< partial results, of canary sessions
  double orphaned = 0.2;          ///< results
  double fallbacks = 0;

  std::vector<Language> languages = {};       ///< none: English
  double assigned = 1;                        ///< factor of the canary's share that sessions get
  std::optional<double> assigned_share = {};  ///< that they get instead
  std::vector<Outage> outages = {};

  Effect effect = {};
  std::vector<rollout::Measure> shows = {};  ///< what may rightly find the effect; empty: nothing
  Expectation expect = Expectation::promoted;
  friend bool operator==(const Scenario&, const Scenario&) = default;
};

inline constexpr std::chrono::minutes burst_length{10};

/// A scenario's sessions from a time on, without end.
class SyntheticTraffic {
 public:
  /// `random` must outlive it.
  SyntheticTraffic(const Scenario& scenario, UtcTime from, Random* random);

  /// See Traffic. The arm is drawn as rollout::evaluate() draws it, with the canary's share as its
  /// chance. Where the flag is for an A/A trial the canary gets no effect.
  std::optional<Session> next(UtcTime until, const rollout::FlagTarget& flag);

 private:
  /// Factors that all sessions of a day have in common.
  struct Day {
    std::chrono::sys_days date{};
    double latency = 1, errors = 1;
  };
  /// From *from on, by thinning (Lewis and Shedler 1979); moves it on.
  UtcTime arrival(UtcTime* from, double a_day);
  void begin_bursts(UtcTime until);
  Session begin(UtcTime at, const rollout::FlagTarget& flag);
  Session begin(const ScriptedSession& scripted, UtcTime at, const rollout::FlagTarget& flag);

  void draw_arm(rollout::SessionOutcome& outcome, const rollout::FlagTarget& flag);
  void draw_length(rollout::SessionOutcome& outcome, const Effect& effect);
  void draw_latency(rollout::SessionOutcome& outcome, const Effect& effect, double factor);
  void draw_late(rollout::SessionOutcome& outcome);
  void draw_errors(rollout::SessionOutcome& outcome, const Effect& effect, double factor, bool on);
  void draw_translation(rollout::SessionOutcome& outcome, const Effect& effect, bool on);
  void draw_listeners(rollout::SessionOutcome& outcome, const Effect& effect);

  double quantile(const Effect& effect);  ///< a session's p95, in ms, but for common factors
  double log_normal(double median, double log_sd);
  Language draw_language();
  const Day& day_of(UtcTime at);
  bool in(const Outage& outage, const rollout::SessionOutcome& outcome) const;
  UtcTime at_hour(double hour) const;

  Scenario scenario_;  // its script in order
  UtcTime from_;
  Random* random_;
  UtcTime alone_, burst_;           ///< when the next comes; the far future: none
  std::vector<UtcTime> of_bursts_;  ///< that have begun, latest first
  std::size_t scripted_ = 0;        ///< that have come
  Day day_;
  std::normal_distribution<> normal_;
};

}  // namespace sotto::simulation
