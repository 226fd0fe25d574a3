#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/utc_time.hpp"
#include "engine/settings.hpp"
#include "lambda/events.hpp"
#include "lambda/invocation_flag.hpp"
#include "lambda/record_content.hpp"
#include "lambda/session_report.hpp"
#include "lambda/session_state.hpp"
#include "ports/checkpoint_store.hpp"
#include "ports/decision_sink.hpp"
#include "ports/recogniser.hpp"
#include "rollout/evaluation.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace sotto::lambda {

/// What a processor works with. What is pointed to must outlive it.
struct ProcessorParts {
  ports::CheckpointStore* checkpoints = nullptr;
  InvocationFlag* flag = nullptr;
  ports::DecisionSink* decisions = nullptr;  ///< null: they stay in the checkpoints
  ports::Recogniser* recogniser = nullptr;   ///< null: audio is an error of its record
  const telemetry::Log* log = nullptr;
  telemetry::Metrics* metrics = nullptr;
  std::function<UtcTime()> now;
};

/// Takes records of sessions that no process owns. For each session of a batch it loads the
/// checkpoint, passes over the records that are part of it, has the engine decide on the others,
/// saves under the condition that nobody else has, and only then hands the decisions out. On a
/// conflict it loads again, once.
///
/// What happens to a decision when a process dies: before the save, nothing was done, and whoever
/// gets the batch again decides the same. After the save and before the decisions were handed out,
/// they are in the checkpoint (SessionState::outbox): whoever loads it next, for the same batch
/// again or for a later one, hands them out before anything else, unless it did so itself. So each
/// decision is handed out at least once, in order; one that comes again has the same number and
/// the same bytes, and a reader that drops numbers it has seen gets exactly what a single process
/// would have decided. What is lost in such a death are log lines and counts of those records.
/// Audio is decided on anew where its batch comes again: as equal as the recogniser is.
///
/// Time is the session's own: `ArrivalMs` of a record, else how far into the audio its results
/// reach. Timers go off when a later record comes, at exactly their time. Not thread-safe.
class Processor {
 public:
  /// `settings` are those of every session, but for what the flag decides.
  Processor(ProcessorParts parts, const engine::Settings& settings)
      : parts_(std::move(parts)), settings_(settings) {}

  /// Processes a batch. Returns the sequence numbers of the records that are not part of a
  /// checkpoint, in the order of the batch: one that cannot be read or whose decisions could not be
  /// handed out, and all that follow it in its session; other sessions go on. After `deadline`
  /// nothing more is begun.
  std::vector<std::string> process(const Batch& batch, UtcTime deadline);

 private:
  using Records = std::vector<const StreamRecord*>;  // of one session, in order

  // How far a session has come in an attempt.
  struct Work {
    SessionState state;
    std::uint64_t version = 0;  // of the checkpoint it goes on from; 0: none
    std::size_t next = 0;       // of the records, the first that is not part of it
    // To be logged once they are saved.
    std::optional<rollout::Evaluation> decided = std::nullopt;
    std::optional<rollout::Reason> killed = std::nullopt;
  };

  std::size_t process_session(const Records& records, UtcTime deadline);
  Result<> attempt(const Records& records, std::size_t& done, UtcTime deadline);
  Result<Work> load(const Records& records);
  Work begin(const SessionId& session) const;
  void follow_the_flag(const SessionId& session, Work& work);
  Result<> advance(const Records& records, Work& work, std::size_t most, UtcTime deadline);
  Result<> take(const StreamRecord& record, SessionState& state, UtcTime deadline);
  void hear(const transcript::Event& event, std::optional<SessionTime> arrival,
            milliseconds in_stream, const SessionId& session, SessionState& state);
  void run_timers(SessionTime until, milliseconds in_stream, const SessionId& session,
                  SessionState& state);
  void step(const engine::Event& event, SessionTime at, milliseconds in_stream,
            const SessionId& session, SessionState& state);
  Result<> save(const StreamRecord& last, Work& work);
  void tell(const SessionId& session, Work& work);
  Result<> hand_out(const SessionId& session, const Work& work);
  void failed(const StreamRecord& record, const Error& error);

  // constant after construction
  const ProcessorParts parts_;
  const engine::Settings settings_;

  RecordReader reader_;
  SessionReport report_;
  engine::Commands commands_;
  /// Versions whose decisions this process has handed out; forgotten when they are many.
  std::unordered_map<SessionId, std::uint64_t> handed_out_;
};

}  // namespace sotto::lambda
