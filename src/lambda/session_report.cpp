#include "lambda/session_report.hpp"

#include <algorithm>
#include <cmath>

#include "base/overloaded.hpp"

namespace sotto::lambda {

using engine::Notice;
using telemetry::Counter;
using telemetry::Distribution;
using telemetry::Field;
using telemetry::Level;

void SessionReport::stepped(const transcript::Event* heard, const engine::Commands& commands,
                            SessionTime at, milliseconds in_stream) {
  std::uint64_t partials = 0, finals = 0;
  if (heard)
    for (std::size_t i = 0; i < heard->size(); ++i) ++((*heard)[i].is_partial ? partials : finals);
  count(Counter::partial_results_processed, partials);
  count(Counter::final_results_processed, finals);
  bool said = false;
  for (const engine::Command& command : commands)
    std::visit(
        Overloaded{[](const engine::ShowCaption&) {},
                   [&](const engine::Speak& speak) {
                     if (speak.text.empty()) return;
                     said = true;
                     entries_.push_back(
                         {.kind = Entry::Kind::spoken,
                          .action = heard ? "forwarded" : "flushed",
                          .by_final = finals > 0,
                          .value = std::round(static_cast<double>(speak.stability) * 1000) / 1000,
                          .latency = std::max(milliseconds{0}, at - speak.end + in_stream)});
                   },
                   [&](const Notice& notice) { said = noticed(notice) || said; }},
        command);
  if (partials > 0 && !said) add_action("buffered");
}

void SessionReport::add_action(std::string_view action) {
  entries_.push_back({.kind = Entry::Kind::action, .action = action});
}

// Whether it says what became of a partial result.
bool SessionReport::noticed(const Notice& notice) {
  using Kind = Notice::Kind;
  switch (notice.kind) {
    case Kind::superseded:
      count(Counter::partial_results_superseded);
      return add_action("superseded"), true;
    case Kind::dropped_late:
      count(Counter::partial_results_dropped);
      return add_action("dropped"), true;
    case Kind::duplicate: count(Counter::duplicates_detected); return add_action("duplicate"), true;
    case Kind::discrepancy: count(Counter::partial_final_discrepancies); break;
    case Kind::fallback:
      if (notice.reason != "mode_change") count(Counter::transcribe_fallback_triggered);
      break;
    case Kind::recover:
    case Kind::stability_missing: break;
    case Kind::orphan_flushed:
    case Kind::contradicted: return false;
  }
  if (notice.reason == "mode_change") return false;
  entries_.push_back({.kind = Entry::Kind::notice, .value = notice.value, .notice = notice.kind});
  return false;
}

void SessionReport::ended(std::uint64_t orphans) {
  entries_.push_back({.kind = Entry::Kind::ended, .value = static_cast<double>(orphans)});
}

namespace {

void write_notice(const telemetry::Log& log, const Field& session, Notice::Kind kind,
                  double value) {
  switch (kind) {
    case Notice::Kind::discrepancy:
      return log.write(Level::warning, "a final differs from what was forwarded",
                       {session, {"event", "discrepancy"}, {"share", value}});
    case Notice::Kind::fallback:
      return log.write(
          Level::warning, "the recogniser is silent: finals only",
          {session, {"event", "session_fallback"}, {"error_code", "recogniser_silent"}});
    case Notice::Kind::recover:
      return log.write(Level::info, "results come again",
                       {session, {"event", "session_recovered"}});
    case Notice::Kind::stability_missing:
      return log.write(Level::warning, "the recogniser says nothing on stability",
                       {session, {"event", "stability_missing"}});
    default: return;
  }
}

}  // namespace

void SessionReport::publish(const SessionId& session, telemetry::Arm arm, const telemetry::Log& log,
                            telemetry::Metrics& metrics) {
  const Field of{"session_id", session.str()};
  for (const Entry& entry : entries_) {
    switch (entry.kind) {
      case Entry::Kind::action:
        log.write(Level::info, "partial result",
                  {of, {"event", "partial_result"}, {"action", entry.action}});
        break;
      case Entry::Kind::spoken:
        log.write(Level::info, entry.by_final ? "final result" : "partial result",
                  {of,
                   {"event", entry.by_final ? "final_result" : "partial_result"},
                   {"action", entry.action},
                   {"stability_score", entry.value},
                   {"processing_latency_ms", static_cast<double>(entry.latency.count())}});
        metrics.record(arm, Distribution::processing_latency,
                       static_cast<std::uint64_t>(entry.latency.count()));
        break;
      case Entry::Kind::notice: write_notice(log, of, entry.notice, entry.value); break;
      case Entry::Kind::ended:
        log.write(Level::info, "session ended",
                  {of, {"event", "session_ended"}, {"orphaned_results", entry.value}});
        metrics.record(arm, Distribution::orphaned_results_flushed,
                       static_cast<std::uint64_t>(entry.value));
        break;
    }
  }
  for (std::size_t i = 0; i < counted_.size(); ++i)
    if (counted_[i] > 0) metrics.count(arm, telemetry::counter_at(i), counted_[i]);
  clear();
}

}  // namespace sotto::lambda
