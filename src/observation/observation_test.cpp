#include <boost/json.hpp>

#include "observation/step_log.hpp"
#include "observation/step_metrics.hpp"
#include "tests/support/engine_session.hpp"
#include "tests/support/events.hpp"

namespace sotto::observation {
namespace {

using engine::Cause;
using engine::Diagnostic;
using telemetry::Counter;
using testing::final_result;
using testing::partial;

StepSummary of(std::initializer_list<Diagnostic> diagnostics,
               const transcript::Event* heard = nullptr) {
  engine::Commands commands;
  for (const Diagnostic& diagnostic : diagnostics) commands.add(diagnostic);
  return summarise(heard, commands, at_ms(5000));
}

engine::Speak piece(std::string_view text, bool flushed = false) {
  engine::Speak speak;
  speak.text = text;
  speak.end = at_ms(900);
  speak.stability = 0.87654F;
  speak.flushed = flushed;
  return speak;
}

const SessionTime word_ends[] = {at_ms(600), at_ms(900)};

std::vector<std::string> lines_of(const StepSummary& summary) {
  std::vector<std::string> lines;
  const telemetry::Log log{telemetry::Level::debug,
                           [&](const std::string& line) { lines.push_back(line); },
                           [] { return std::string("now"); }};
  write(summary, SessionId{"golden-eagle-427"}, log);
  return lines;
}

TEST(StepSummary, CountsWhatWasHeardAndDecided) {
  const transcript::Event event = partial("good morning");
  engine::Commands commands;
  commands.add(piece("good morning"), word_ends);
  commands.add(Diagnostic{Diagnostic::Kind::contradicted, "r1", 3});
  commands.add(Diagnostic{Diagnostic::Kind::discrepancy, "r1", 0.25});
  commands.add(Diagnostic{Diagnostic::Kind::orphan_flushed, "r0"});
  const StepSummary summary = summarise(&event, commands, at_ms(1000));
  EXPECT_EQ(summary.partial_results, 1u);
  EXPECT_EQ(summary.committed_words, 2u);
  EXPECT_EQ(summary.contradicted_words, 3u);
  EXPECT_EQ(summary.discrepancies, 1u);
  EXPECT_EQ(summary.orphans, 1u);
  EXPECT_EQ(summary.decision_latencies, (std::vector{milliseconds{400}, milliseconds{100}}));
  EXPECT_TRUE(summary.segment_latencies.empty()) << "the segment goes on";
  ASSERT_EQ(summary.observed.size(), 2u);
  EXPECT_EQ(summary.observed[0].action, Action::forwarded);
  EXPECT_EQ(summary.observed[0].latency, milliseconds{100});
  EXPECT_EQ(summary.observed[1].result_id, "r1");
}

TEST(StepSummary, MeasuresFromWhenAPlaceWasCaptured) {
  engine::Commands commands;
  engine::Speak last = piece("good morning");
  last.ends = engine::CutReason::pause;
  commands.add(last, word_ends);
  const auto late = [](SessionTime place) { return place + milliseconds{350}; };
  const StepSummary summary = summarise(nullptr, commands, at_ms(1000), late);
  EXPECT_EQ(summary.decision_latencies, (std::vector{milliseconds{50}, milliseconds{0}}))
      << "never negative";
  EXPECT_EQ(summary.segment_latencies, std::vector{milliseconds{0}});
}

TEST(StepSummary, SaysWhatBecameOfAPartialResult) {
  const transcript::Event event = partial("good morning");
  const auto action = [&](std::initializer_list<Diagnostic> diagnostics) {
    const StepSummary summary = of(diagnostics, &event);
    EXPECT_EQ(summary.observed.size(), 1u);
    return to_string(summary.observed.front().action);
  };
  EXPECT_EQ(action({}), "buffered");
  EXPECT_EQ(action({Diagnostic{Diagnostic::Kind::superseded, {}}}), "superseded");
  EXPECT_EQ(action({Diagnostic{Diagnostic::Kind::dropped_late, {}}}), "dropped");
  EXPECT_EQ(action({Diagnostic{Diagnostic::Kind::duplicate, {}}}), "duplicate");
  EXPECT_TRUE(of({}).observed.empty()) << "nothing was heard";
}

TEST(StepSummary, WhatAnOperatorAskedForIsNoSilentRecogniser) {
  for (const auto kind : {Diagnostic::Kind::fallback, Diagnostic::Kind::recover}) {
    const StepSummary asked = of({Diagnostic{kind, {}, 0, Cause::mode_change}});
    EXPECT_TRUE(asked.observed.empty());
    EXPECT_EQ(counts_of(asked), Counts{});
    EXPECT_FALSE(recogniser_fell_silent(asked));
    EXPECT_FALSE(recogniser_recovered(asked));
  }
  const StepSummary silent =
      of({Diagnostic{Diagnostic::Kind::fallback, {}, 10, Cause::no_results}});
  EXPECT_TRUE(recogniser_fell_silent(silent));
  EXPECT_EQ(counts_of(silent)[static_cast<std::size_t>(Counter::transcribe_fallback_triggered)],
            1u);
  EXPECT_TRUE(recogniser_recovered(
      of({Diagnostic{Diagnostic::Kind::recover, {}, 0, Cause::results_resumed}})));
}

TEST(StepLog, HasALineForEachDecisionInTheirOrder) {
  const transcript::Event event = final_result("good morning.");
  engine::Commands commands;
  commands.add(piece("good morning."), word_ends);
  commands.add(Diagnostic{Diagnostic::Kind::discrepancy, "r1", 0.25});
  commands.add(Diagnostic{Diagnostic::Kind::fallback, {}, 10, Cause::no_results});
  commands.add(Diagnostic{Diagnostic::Kind::recover, {}, 0, Cause::results_resumed});
  commands.add(Diagnostic{Diagnostic::Kind::stability_missing, {}});
  const auto lines = lines_of(summarise(&event, commands, at_ms(1000)));
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0],
            R"({"timestamp":"now","level":"INFO","message":"final result",)"
            R"("session_id":"golden-eagle-427","event":"final_result","action":"forwarded",)"
            R"("stability_score":0.877,"processing_latency_ms":100})");
  const char* events[] = {"discrepancy", "session_fallback", "session_recovered",
                          "stability_missing"};
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(boost::json::parse(lines[i + 1]).at("event").as_string(), events[i]);
}

TEST(StepLog, WordsThatTimeCommittedAreFlushed) {
  engine::Commands commands;
  commands.add(piece("good morning", true), word_ends);
  const StepSummary summary = summarise(nullptr, commands, at_ms(1000));
  EXPECT_EQ(summary.flushes, 1u);
  const auto lines = lines_of(summary);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(boost::json::parse(lines[0]).at("action").as_string(), "flushed");
  EXPECT_EQ(boost::json::parse(lines[0]).at("event").as_string(), "partial_result");
}

TEST(StepMetrics, CountAndMeasureWhatTheSummarySays) {
  const transcript::Event event = partial("good morning");
  engine::Commands commands;
  commands.add(piece("good morning"), word_ends);
  commands.add(Diagnostic{Diagnostic::Kind::superseded, {}});
  telemetry::Metrics metrics;
  count(summarise(&event, commands, at_ms(1000)), telemetry::Arm::control, metrics);
  const auto control = metrics.snapshot()[static_cast<std::size_t>(telemetry::Arm::control)];
  EXPECT_EQ(control[Counter::partial_results_processed], 1u);
  EXPECT_EQ(control[Counter::partial_results_superseded], 1u);
  EXPECT_EQ(control[telemetry::Histogram::decision_latency].count(), 2u);
  EXPECT_EQ(control[telemetry::Histogram::processing_latency].count(), 0u)
      << "nothing was delivered";
}

}  // namespace
}  // namespace sotto::observation
