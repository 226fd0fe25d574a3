#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/session_time.hpp"
#include "engine/command.hpp"
#include "transcript/event.hpp"

namespace sotto::observation {

/// What became of a result.
enum class Action : std::uint8_t {
  forwarded,   ///< words of it were committed
  flushed,     ///< words of it were committed because time had passed
  buffered,    ///< nothing of it yet
  superseded,  ///< a newer partial result came within the rate window
  dropped,     ///< it was older than what it would replace
  duplicate,   ///< it was known already
};

/// The log's name, such as "forwarded".
std::string_view to_string(Action action);

/// Something that the log has a line for.
struct Observed {
  enum class Kind : std::uint8_t {
    words,      ///< words were committed: action is `forwarded` or `flushed`
    set_aside,  ///< a partial result of which nothing was committed: action says why
    discrepancy,
    fallback,  ///< the recogniser is silent; one that an operator asked for is not here
    recovery,  ///< it speaks again
    stability_missing,
  };
  Kind kind{};
  Action action = Action::forwarded;  ///< of words, set_aside
  bool by_final = false;              ///< of words: a final was heard
  double stability = 1;               ///< of words: the lowest, 0–1
  double share = 0;                   ///< of discrepancy: of the characters, 0–1
  milliseconds latency{0};            ///< of words: from the last one captured to the decision
  std::string result_id = {};         ///< of discrepancy
};

/// What one step of an engine came to: what was heard, what was decided, and how soon.
struct StepSummary {
  std::uint64_t partial_results = 0, final_results = 0;  ///< heard
  std::uint64_t superseded = 0, dropped = 0, duplicates = 0, orphans = 0, discrepancies = 0;
  std::uint64_t forwards = 0, flushes = 0;  ///< pieces committed in time, and for want of it
  std::uint64_t committed_words = 0;
  std::uint64_t contradicted_words = 0;  ///< committed ones that a final has not
  std::uint64_t segments_closed = 0;
  bool stability_missing = false;
  std::optional<engine::Cause> fallback, recovery;  ///< by the recogniser, or asked for
  std::vector<milliseconds> decision_latencies;     ///< of each committed word
  std::vector<milliseconds> segment_latencies;      ///< of each segment that ended: its last word's
  std::vector<Observed> observed;                   ///< in the order of the decisions
};

/// When the sound at a place of the audio was captured, on the clock of the steps. Empty: audio is
/// captured at its place, as in a recording.
using CapturedAt = std::function<SessionTime(SessionTime place)>;

/// Sums up a step that an engine took at `at`: `heard` is what it was given, null where time had
/// passed or the like. The only reader of the engine's diagnostics: whoever counts, logs or judges
/// does so from what it says; only what compares two engines, or prints their commands, reads those
/// themselves. A fallback or a recovery that an operator asked for is in `fallback`
/// or `recovery` and nowhere else. Pure; latencies are not negative.
StepSummary summarise(const transcript::Event* heard, const engine::Commands& commands,
                      SessionTime at, const CapturedAt& captured = {});

/// Whether the recogniser fell silent, or speaks again: not what an operator asked for.
bool recogniser_fell_silent(const StepSummary& summary);
bool recogniser_recovered(const StepSummary& summary);

}  // namespace sotto::observation
