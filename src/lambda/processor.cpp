#include "lambda/processor.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/overloaded.hpp"
#include "lambda/decision_record.hpp"
#include "lambda/recognise.hpp"
#include "lambda/sequence_number.hpp"
#include "rollout/evaluation.hpp"

namespace sotto::lambda {

namespace {

using telemetry::Level;

constexpr std::size_t outbox_bytes = 48'000;  // about; a checkpoint is saved when it has more
constexpr std::size_t remembered_sessions = 4'096;
constexpr milliseconds to_answer_in{500};  // before the deadline nothing more is begun

std::size_t bytes_of(const std::vector<std::string>& records) {
  std::size_t bytes = 0;
  for (const std::string& record : records) bytes += record.size();
  return bytes;
}

bool too_large(const Result<>& outcome) {
  return !outcome && outcome.error().code == ErrorCode::resource_exhausted;
}

}  // namespace

std::vector<std::string> Processor::process(const Batch& batch, UtcTime deadline) {
  std::vector<SessionId> order;
  std::map<SessionId, Records> sessions;
  for (const StreamRecord& record : batch.records) {
    Records& of_session = sessions[record.session];
    if (of_session.empty()) order.push_back(record.session);
    of_session.push_back(&record);
  }
  std::set<const StreamRecord*> left;
  for (const SessionId& session : order) {
    Records& records = sessions[session];
    std::stable_sort(records.begin(), records.end(),
                     [](const StreamRecord* a, const StreamRecord* b) {
                       return comes_before(a->sequence_number, b->sequence_number);
                     });
    const std::size_t done = process_session(records, deadline);
    left.insert(records.begin() + static_cast<std::ptrdiff_t>(done), records.end());
  }
  std::vector<std::string> numbers;
  for (const StreamRecord& record : batch.records)
    if (left.contains(&record)) numbers.push_back(record.sequence_number);
  return numbers;
}

// How many of the records are done with; the first that is not is reported.
std::size_t Processor::process_session(const Records& records, UtcTime deadline) {
  std::size_t done = 0;
  Result<> outcome = attempt(records, done, deadline);
  if (!outcome && outcome.error().code == ErrorCode::conflict)
    outcome = attempt(records, done, deadline);
  report_.clear();
  if (!outcome && done < records.size()) failed(*records[done], outcome.error());
  return outcome ? records.size() : std::min(done, records.size() - 1);
}

Result<> Processor::attempt(const Records& records, std::size_t& done, UtcTime deadline) {
  const SessionId& session = records.front()->session;
  report_.clear();
  done = 0;
  auto loaded = load(records);
  if (!loaded) return tl::unexpected(loaded.error());
  Work& work = *loaded;
  if (work.version > 0)
    if (const auto handed = hand_out(session, work); !handed) return handed;
  done = work.next;
  if (work.next < records.size()) follow_the_flag(session, work);
  std::size_t most = records.size();  // records a checkpoint
  while (work.next < records.size()) {
    const Work before = work;
    const Result<> advanced = advance(records, work, most, deadline);
    const std::size_t taken = work.next - before.next;
    if (taken == 0) return advanced;
    const Result<> saved = save(*records[work.next - 1], work);
    if (too_large(saved) && taken > 1) {  // which of them it is will be seen
      work = before;
      most = 1;
      report_.clear();
      continue;
    }
    if (!saved) return saved;
    tell(session, work);
    if (const auto handed = hand_out(session, work); !handed) return handed;
    work.state.outbox.clear();
    done = work.next;
    if (!advanced) return advanced;
  }
  return {};
}

Result<Processor::Work> Processor::load(const Records& records) {
  const SessionId& session = records.front()->session;
  // Nothing is kept of a session that can have no name.
  if (const auto valid = rollout::validate_session_id(session.str()); !valid)
    return tl::unexpected(records.front()->data ? valid.error() : records.front()->data.error());
  const auto saved = parts_.checkpoints->load(session);
  if (!saved) return tl::unexpected(saved.error());
  if (!*saved) return begin(session);
  auto state = decode((*saved)->checkpoint.state);
  if (!state) return tl::unexpected(state.error());
  Work work{.state = std::move(*state), .version = (*saved)->version};
  const std::string& last = (*saved)->checkpoint.sequence_number;
  while (work.next < records.size() && !comes_before(last, records[work.next]->sequence_number))
    ++work.next;
  return work;
}

// The flag decides once, with the session's first record.
Processor::Work Processor::begin(const SessionId& session) const {
  const rollout::Evaluation decision = parts_.flag->decide(session, parts_.now());
  engine::Settings settings = settings_;
  settings.mode = decision.enabled ? engine::Mode::partial : engine::Mode::final_only;
  settings.min_stability_threshold = decision.min_stability_threshold;
  settings.max_buffer_timeout = decision.max_buffer_timeout;
  SessionState state{.engine = engine::Engine::create(settings).value(), .outbox = {}};
  state.arm = decision.canary ? telemetry::Arm::canary : telemetry::Arm::control;
  state.flag_version = decision.version;
  return {.state = std::move(state), .decided = decision};
}

// A killed session goes on with finals only, and does not come back.
void Processor::follow_the_flag(const SessionId& session, Work& work) {
  work.state.outbox.clear();
  if (work.state.engine.mode() != engine::Mode::partial) return;
  work.killed = rollout::killed(*parts_.flag->current(), session.str(), parts_.now());
  if (work.killed)
    step(engine::ModeChange{engine::Mode::final_only}, work.state.reached, milliseconds{0}, session,
         work.state);
}

// Takes records until there is enough for a checkpoint. An error is of the record that is next.
Result<> Processor::advance(const Records& records, Work& work, std::size_t most,
                            UtcTime deadline) {
  for (std::size_t taken = 0; work.next < records.size() && taken < most; ++taken) {
    if (taken > 0 && bytes_of(work.state.outbox) > outbox_bytes) return {};
    const StreamRecord& record = *records[work.next];
    const bool again = work.next > 0 && !comes_before(records[work.next - 1]->sequence_number,
                                                      record.sequence_number);
    if (parts_.now() + to_answer_in > deadline)
      return fail(ErrorCode::deadline_exceeded, "the invocation's time is up");
    if (!again)
      if (const auto read = take(record, work.state, deadline); !read) return read;
    ++work.next;
  }
  return {};
}

Result<> Processor::take(const StreamRecord& record, SessionState& state, UtcTime deadline) {
  if (!record.data) return tl::unexpected(record.data.error());
  auto content = reader_.read(*record.data, record.session);
  if (!content) return tl::unexpected(content.error());
  const UtcTime now = parts_.now();
  const milliseconds in_stream =
      record.arrived_at ? std::max(milliseconds{0}, now - *record.arrived_at) : milliseconds{0};
  return std::visit(
      Overloaded{[&](const Transcript& transcript) -> Result<> {
                   hear(transcript.event, transcript.arrival, in_stream, record.session, state);
                   return {};
                 },
                 [&](const AudioChunk& chunk) -> Result<> {
                   return recognise(parts_.recogniser, chunk, record.sequence_number,
                                    deadline - now - to_answer_in)
                       .map([&](const std::vector<transcript::Event>& events) {
                         for (const transcript::Event& event : events)
                           hear(event, std::nullopt, in_stream, record.session, state);
                       });
                 },
                 [&](const SessionEnd& end) -> Result<> {
                   const SessionTime at =
                       std::max(state.reached, end.arrival.value_or(SessionTime{}));
                   run_timers(at, in_stream, record.session, state);
                   step(engine::EndOfAudio{}, at, in_stream, record.session, state);
                   state.reached = at;
                   if (!std::exchange(state.ended, true)) report_.ended(state.orphans);
                   return {};
                 }},
      *content);
}

// An event without a time of its own came when the audio had come as far as its results reach.
void Processor::hear(const transcript::Event& event, std::optional<SessionTime> arrival,
                     milliseconds in_stream, const SessionId& session, SessionState& state) {
  SessionTime reach = state.reached;
  for (std::size_t i = 0; i < event.size(); ++i) reach = std::max(reach, event[i].end);
  const SessionTime at = arrival.value_or(reach);
  run_timers(at, in_stream, session, state);
  step(engine::TranscriptReceived{&event}, at, in_stream, session, state);
  state.reached = at;
}

void Processor::run_timers(SessionTime until, milliseconds in_stream, const SessionId& session,
                           SessionState& state) {
  for (auto due = state.engine.next_tick(); due && *due <= until; due = state.engine.next_tick())
    step(engine::Tick{}, *due, in_stream, session, state);
}

void Processor::step(const engine::Event& event, SessionTime at, milliseconds in_stream,
                     const SessionId& session, SessionState& state) {
  commands_.clear();
  state.engine.step(event, at, commands_);
  const auto* heard = std::get_if<engine::TranscriptReceived>(&event);
  // What passed in the stream passed since the audio was captured, too.
  auto summary =
      observation::summarise(heard ? heard->event : nullptr, commands_, at,
                             [in_stream](SessionTime place) { return place - in_stream; });
  state.orphans += summary.orphans;
  report_.stepped(std::move(summary));
  for (const engine::Command& command : commands_)
    state.outbox.push_back(decision_record(session, ++state.decisions, at, command, commands_));
}

Result<> Processor::save(const StreamRecord& last, Work& work) {
  auto bytes = encode(work.state);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto version = parts_.checkpoints->save(
      last.session, work.version, {last.sequence_number, std::move(*bytes), parts_.now()});
  if (!version) return tl::unexpected(version.error());
  work.version = *version;
  return {};
}

// What is saved is logged and counted.
void Processor::tell(const SessionId& session, Work& work) {
  if (const auto decision = std::exchange(work.decided, std::nullopt))
    parts_.log->write(Level::info, "rollout check",
                      {{"session_id", session.str()},
                       {"event", "rollout_check"},
                       {"bucket", static_cast<double>(decision->bucket)},
                       {"rollout_percentage", static_cast<double>(decision->rollout_percentage)},
                       {"enabled", decision->enabled},
                       {"reason", rollout::to_string(decision->reason)},
                       {"version", static_cast<double>(decision->version)}});
  if (const auto why = std::exchange(work.killed, std::nullopt))
    parts_.log->write(Level::info, "mode changed",
                      {{"session_id", session.str()},
                       {"event", "mode_changed"},
                       {"partial_results", false},
                       {"reason", rollout::to_string(*why)}});
  report_.publish(session, work.state.arm, *parts_.log, *parts_.metrics);
}

// Once by this process; the decisions stay in the state until others take their place.
Result<> Processor::hand_out(const SessionId& session, const Work& work) {
  const auto known = handed_out_.find(session);
  if (known != handed_out_.end() && known->second == work.version) return {};
  if (parts_.decisions && !work.state.outbox.empty())
    if (const auto taken = parts_.decisions->take(session, work.state.outbox); !taken) return taken;
  if (handed_out_.size() >= remembered_sessions) handed_out_.clear();
  handed_out_[session] = work.version;
  return {};
}

void Processor::failed(const StreamRecord& record, const Error& error) {
  const UtcTime now = parts_.now();
  const bool canary = parts_.flag->decide(record.session, now).canary;
  if (error.code != ErrorCode::deadline_exceeded)
    parts_.metrics->count(canary ? telemetry::Arm::canary : telemetry::Arm::control,
                          telemetry::Counter::session_errors);
  parts_.log->write(Level::error, "a record could not be processed",
                    {{"session_id", record.session.str()},
                     {"event", "session_error"},
                     {"error_code", to_string(error.code)},
                     {"error", error.message},
                     {"sequence_number", record.sequence_number}});
}

}  // namespace sotto::lambda
