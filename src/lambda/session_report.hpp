#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/ids.hpp"
#include "engine/command.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"
#include "transcript/event.hpp"

namespace sotto::lambda {

/// What there is to log and to count of some records of a session, held back until their
/// checkpoint is saved: what has to be done again is not told twice. The lines are those of
/// pipeline/session_telemetry.hpp:
///
///   event = partial_result   action (forwarded, buffered, superseded, dropped, duplicate,
///   flushed), stability_score, processing_latency_ms
///   event = final_result     action forwarded, stability_score, processing_latency_ms
///   event = discrepancy (share), session_fallback, session_recovered, stability_missing
///
/// `processing_latency_ms` is from when the last word concerned was captured to the decision: what
/// passed on the session's clock and, where that is known, in the stream. Not thread-safe.
class SessionReport {
 public:
  /// A step's outcome. `heard` is null for a timer; `at` is on the session's clock; `in_stream` is
  /// how long ago the record came into the stream.
  void stepped(const transcript::Event* heard, const engine::Commands& commands, SessionTime at,
               milliseconds in_stream);

  /// The session has ended, with so many orphaned results in all.
  void ended(std::uint64_t orphans);

  /// Logs and counts all of it, and forgets it.
  void publish(const SessionId& session, telemetry::Arm arm, const telemetry::Log& log,
               telemetry::Metrics& metrics);

  void clear() { *this = {}; }

 private:
  struct Entry {
    enum class Kind : std::uint8_t { action, spoken, notice, ended } kind{};
    std::string_view action = {};  // a constant
    bool by_final = false;
    double value = 1;  // stability, share, or count
    milliseconds latency{0};
    engine::Notice::Kind notice{};
  };

  bool noticed(const engine::Notice& notice);
  void add_action(std::string_view action);
  void count(telemetry::Counter counter, std::uint64_t times = 1) {
    counted_[static_cast<std::size_t>(counter)] += times;
  }

  std::vector<Entry> entries_;
  std::array<std::uint64_t, telemetry::counter_count> counted_{};
};

}  // namespace sotto::lambda
