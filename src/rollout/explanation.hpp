// What the controller says of a rollout, as values. Their words are in explanation_words.cpp alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/utc_time.hpp"
#include "rollout/plan.hpp"

namespace sotto::rollout {

/// What keeps a rollout from its next phase.
enum class ObstacleKind : std::uint8_t {
  none,
  written,             ///< `text` says it: read from a store that kept no more than the sentence
  guardrails_fail,     ///< of `measures`; the rollout is to be taken back
  criteria_fail,       ///< of `measures`
  criteria_unknown,    ///< of `measures`: there is not enough data
  inconclusive,        ///< of `measures`: `text` says what could still be hidden; about `sessions`
                       ///< more would tell, in `needed` hours (0: not known)
  both_arms,           ///< control has the trouble of `measures` as well
  assignment_fault,    ///< sessions do not fall to the arms as the percentage says
  canary_sessions,     ///< `sessions` have ended of the `needed`
  control_sessions,    ///< likewise
  freeze,              ///< until `until`, because of `text`
  approval,            ///< a person has not approved the phase's end yet
  not_measured,        ///< nothing could be measured
  figures_unreadable,  ///< where the figures are kept could not be read
  silence              ///< nothing was measured for max_silence
};
std::string_view to_string(ObstacleKind kind);
std::optional<ObstacleKind> obstacle_named(std::string_view name);

/// An obstacle with what belongs to its kind.
struct Obstacle {
  ObstacleKind kind = ObstacleKind::none;
  std::vector<Measure> measures{};
  std::uint64_t sessions = 0, needed = 0;
  UtcTime until{};
  std::string text{};
  /// Nothing but a person's approval, or more data, will end it: the bake time is over.
  bool asks = false;
  friend bool operator==(const Obstacle&, const Obstacle&) = default;
};

/// Whether it is missing knowledge, which a person may do without.
inline bool unsettled(const Obstacle& obstacle) {
  return obstacle.kind == ObstacleKind::criteria_unknown ||
         obstacle.kind == ObstacleKind::inconclusive ||
         obstacle.kind == ObstacleKind::canary_sessions ||
         obstacle.kind == ObstacleKind::control_sessions;
}

/// Whether there is one.
inline bool stands(const Obstacle& obstacle) { return obstacle.kind != ObstacleKind::none; }

struct Criterion;
/// What could still be hidden, by the inconclusive of some criteria: "errors up to +6 points,
/// latency up to +31 %". Empty where none is.
std::string hidden_in_words(const std::vector<Criterion>& criteria);

/// Of the criteria that an obstacle is made of, so many are named.
inline constexpr std::size_t named_measures = 2;

/// The criterion that took a rollout back, as it was then.
struct Breach {
  Measure measure = Measure::latency_p95;
  double limit = 0;
  std::optional<double> canary{}, control{};
  std::optional<double> surely_above{};  ///< the lower end of its confidence sequence
  std::uint64_t sessions = 0;
  std::vector<std::string> alarms{};  ///< that were on
  /// The sentence, where it was read from a store that kept no more; nothing else is known then.
  std::optional<std::string> written{};
  friend bool operator==(const Breach&, const Breach&) = default;
};

enum class EventKind : std::uint8_t {
  started,
  promoted,
  completed,
  held,     ///< something keeps it from the next phase; said once
  went_on,  ///< what kept it is over
  stepped_back,
  disabled,
  overruled,  ///< somebody changed the flag by hand: paused
  paused,
  resumed,
  approved,
  advanced,
  aborted,
  cleared
};
std::string_view to_string(EventKind kind);
std::optional<EventKind> event_kind_named(std::string_view name);

/// All is well, and the phase has to bake on.
struct Baking {
  std::chrono::milliseconds left{0};
};
struct CriteriaPass {
  std::size_t criteria = 0;
};
struct FeatureOff {};
struct FlagPending {};
struct Aborted {};
/// It was taken back before.
struct TakenBack {
  Breach breach;
};
/// It is taken back now.
struct RolledBack {
  Remedy remedy = Remedy::step_back;
  int percentage = 0;  ///< after a step back
  Breach breach;
};
/// Somebody changed the flag by hand to this.
struct Overruled {
  std::uint64_t version = 0;  ///< 0: there is none any more
  bool enabled = false;
  int percentage = 0;
  std::string by;
};
/// What kept it is over; what there is to wait for now.
struct WentOn {
  std::variant<Obstacle, Baking> waits_for;
};
struct Promoted {
  std::string from, to;
  int percentage = 0;
};
struct Completed {};
/// A person's command was done.
struct Commanded {
  EventKind event = EventKind::started;
  bool by_force = false;  ///< of advanced
  std::string phase{};    ///< of started and approved
  int percentage = 0;     ///< of started
  std::string remark{};   ///< the person's, may be empty
};

/// What a step waits for, or has done.
using Explanation =
    std::variant<Obstacle, Baking, CriteriaPass, FeatureOff, FlagPending, Aborted, TakenBack,
                 RolledBack, Overruled, WentOn, Promoted, Completed, Commanded>;

/// One sentence for people; of a breach without its full stop, such as "p95 latency 6200 ms, limit
/// 5000 ms"; empty where there is no obstacle.
std::string describe(const Obstacle& obstacle);
std::string describe(const Breach& breach);
std::string describe(const Explanation& explanation);

/// "10 %"; "3 d 4 h".
std::string percent(int percentage);
std::string in_words(std::chrono::milliseconds time);

}  // namespace sotto::rollout
