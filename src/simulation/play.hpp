#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rollout/controller.hpp"
#include "simulation/session.hpp"

namespace sotto::simulation {

struct PlayOptions {
  UtcTime started_at{};           ///< of the rollout
  std::chrono::hours at_most{0};  ///< how long it is played
  /// Sessions that began before have nothing to find: they are not counted until it is found.
  UtcTime effect_from{};
  /// Criteria are evaluated again only if their input has changed: the same result, faster.
  bool memoise = true;
  /// Told of each session when it ends; may be empty.
  std::function<void(const rollout::SessionOutcome&)> ended;
};

enum class Ending : std::uint8_t {
  completed,
  on_its_way,  ///< when the time was over, its phase was still baking
  asks,        ///< when the time was over, it had said what is not known, and asked for approval
  stuck,       ///< when the time was over, a criterion failed, or its phase had baked long enough
  rolled_back
};
std::string_view to_string(Ending ending);

/// The reason why a rollout stopped: a rollback, or a hold by a criterion that failed until the
/// end.
struct Found {
  rollout::EventKind kind = rollout::EventKind::held;
  rollout::Measure by = rollout::Measure::latency_p95;
  std::string phase;  ///< in which
  UtcTime at{};
  /// That had ended, of those that began with the effect; of both arms, of the canary.
  std::uint64_t sessions = 0, canary_sessions = 0;
};

/// The result of a rollout.
struct Played {
  Ending ending = Ending::on_its_way;
  std::string phase;  ///< in which it ended; after a rollback, the one it went back to
  int percentage = 0;
  UtcTime ended_at{};
  std::string why;  ///< the controller's last word
  std::vector<rollout::RolloutEvent> events;
  std::optional<Found> found;
  /// It was held, and said so, because both arms had trouble, because sessions did not fall to the
  /// arms as they should, or to be approved in spite of what is not known.
  bool said_both_arms = false, said_assignment_fault = false, asked = false;
  bool held = false;        ///< when it ended, the last that it had said was why it holds
  milliseconds failing{0};  ///< for how long in all a criterion failed and kept it
  std::optional<milliseconds> to_full;  ///< from the start until everybody was to get the feature
  std::uint64_t sessions = 0, canary_sessions = 0;  ///< that ended
  std::uint64_t compared = 0;  ///< of them, those that were evidence in their phase
  /// Canary sessions that began with the effect, until it was taken back or the time was over.
  std::uint64_t exposed = 0;
};

/// Runs a plan on sessions as a server would, with an evaluation every minute and an immediate
/// change of the flag. It ends when the rollout has completed or was rolled back. A session is
/// evidence when it has ended and began in the phase, with its share. `plan` must be valid.
Played play(const rollout::Plan& plan, const Traffic& traffic, const PlayOptions& options);

}  // namespace sotto::simulation
