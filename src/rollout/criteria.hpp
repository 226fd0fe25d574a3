#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sotto::rollout {

/// What was measured of the sessions of one arm within a stretch of time.
struct ArmFigures {
  std::uint64_t captions = 0;            ///< whose latency was measured
  std::optional<double> latency_p95_ms;  ///< none without captions
  std::uint64_t finals = 0, errors = 0;
  double dropped_per_minute = 0;    ///< partial results, in the worst minute
  std::uint64_t sessions = 0;       ///< that ended
  double orphaned_per_session = 0;  ///< in the worst of them
  std::uint64_t fallbacks = 0;
  std::uint64_t thumbs_up = 0, thumbs_neutral = 0, thumbs_down = 0;
  std::optional<double> cost_per_listener_hour;  ///< dollars, mean; none where nobody listened
  std::uint64_t cache_hits = 0, cache_misses = 0;
};

/// What is judged.
struct Figures {
  ArmFigures canary, control;
  std::uint64_t alarms_on = 0;
  bool enabled = false;
  int rollout_percentage = 0;
};

enum class Verdict : std::uint8_t { pass, fail, not_enough_data };
/// The JSON name, such as "not_enough_data".
std::string_view to_string(Verdict verdict);

/// One of the deployment guide's success criteria, and how it stands.
struct Criterion {
  std::string_view name, title, unit;
  double limit = 0;
  std::optional<double> canary, control;
  std::uint64_t canary_samples = 0, control_samples = 0;
  Verdict verdict = Verdict::not_enough_data;
};

enum class Advice : std::uint8_t { go_on, hold, roll_back };
/// The JSON name, such as "go_on".
std::string_view to_string(Advice advice);

struct Judgement {
  std::vector<Criterion> criteria;
  Advice advice = Advice::hold;
  std::string why;  ///< one sentence for people
};

/// The phase that a percentage belongs to by the guide: "canary" (10), "gradual" (50), "full"
/// (100), "off" (0, or disabled), else "custom".
std::string_view phase_of(bool enabled, int rollout_percentage);

/// Judges what was measured by the guide's success criteria: p95 latency under 5 s, no more errors
/// than control (while there is a control arm), no alarm, fewer than 100 dropped results a minute
/// and 10 orphaned ones a session, no fallback, feedback not negative; from 50 % on also a
/// listener-hour under $0.10 and more than 30 % cache hits. Too little data passes nothing. Errors
/// are compared by the conditional test for two Poisson rates (Przyborowski and Wilenski 1940,
/// "Homogeneity of results in testing samples from Poisson series"), one-sided at 1 %: for a look
/// now and then, not for a gate that looks all the time. A pure function.
Judgement judge(const Figures& figures);

/// How many captions, or finals, an arm needs before its latency and errors are judged, and how
/// many sessions that ended before what counts by session is.
inline constexpr std::uint64_t min_captions = 100;
inline constexpr std::uint64_t min_sessions = 5;

}  // namespace sotto::rollout
