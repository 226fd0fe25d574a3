#include "pipeline/session/session_telemetry.hpp"

#include "tests/support/events.hpp"
#include "tests/support/session_fixture.hpp"

namespace sotto::rollout {

// For a failing test to say what it found.
void PrintTo(const SessionOutcome& outcome, std::ostream* out) {
  const PairedFigures paired = outcome.paired.value_or(PairedFigures{});
  *out << outcome.session_id << " canary " << outcome.canary << " by bucket " << outcome.by_bucket
       << " percentage " << outcome.percentage << " version " << outcome.flag_version << " began "
       << format_utc(outcome.began_at) << " ended " << format_utc(outcome.ended_at) << " captions "
       << outcome.captions << " p95 " << outcome.latency_p95_ms.value_or(-1) << " finals "
       << outcome.finals << " errors " << outcome.errors << " dropped " << outcome.dropped
       << " orphaned " << outcome.orphaned << " fallbacks " << outcome.fallbacks << " erasure "
       << outcome.erasure.value_or(-1) << " cost " << outcome.cost_per_listener_hour.value_or(-1)
       << " hits " << outcome.cache_hits << " misses " << outcome.cache_misses << " words "
       << paired.words << " early " << paired.early_mean_ms << " final only "
       << paired.final_only_mean_ms << " taken back " << paired.taken_back << " listeners "
       << outcome.listeners << " left " << outcome.listeners_left << " language "
       << outcome.language << " late";
  for (const std::uint64_t late : outcome.late.value_or(rollout::LateCaptions{}))
    *out << ' ' << late;
}

}  // namespace sotto::rollout

namespace sotto::pipeline {
namespace {

using rollout::SessionOutcome;
using telemetry::Arm;
using telemetry::Counter;
using testing::final_result;
using testing::stable_partial;

constexpr UtcTime noon{milliseconds{1'764'000'000'000}};

// Sessions whose telemetry goes to what the test looks at.
class OutcomeTest : public testing::SessionTest {
 protected:
  void SetUp() override {}
  void TearDown() override {
    session.reset();
    poll();
  }

  // Begins a session of an arm, with somebody who listens in Spanish.
  void begin(Arm of_arm, const rollout::Evaluation& made) {
    arm = of_arm;
    decision = made;
    SessionTest::SetUp();
    reader = listen("es");
  }

  void adjust(SessionConfig& config, SessionParts&) override {
    config.engine.mode = arm == Arm::canary ? engine::Mode::partial : engine::Mode::final_only;
  }
  SessionObservers observers(const SessionConfig& config) override {
    TelemetrySinks sinks{metrics.get(), &log, {.recogniser_per_minute = 0.6}};
    sinks.on_outcome = [this](const SessionOutcome& outcome) { outcomes.push_back(outcome); };
    sinks.on_late_votes = [this](const SessionId&, const Votes& votes) {
      late_votes.push_back(votes);
    };
    sinks.now = [this] {
      const SessionTime now = clock ? clock->now() : SessionTime{};
      return noon + now.time_since_epoch();
    };
    return {observe(config.id, arm, decision, sinks)};
  }

  // A sentence whose words a canary session says 2 s before their final.
  void talk() {
    at(2000);
    say(stable_partial("one two three four"));
    answer_all();
    at(4000);
    say(final_result("one two three four."));
    answer_all();
  }
  void answer_all() {
    while (!translator.requests.empty()) answer();
  }
  void end(Result<> outcome = {}) {
    at(6000);
    (void)session->push_audio(std::vector<std::int16_t>(6 * 16'000));
    poll();
    recogniser.end(std::move(outcome));
    poll();
    answer_all();
  }
  SessionOutcome only_outcome() const {
    EXPECT_EQ(outcomes.size(), 1u);
    return outcomes.empty() ? SessionOutcome{} : outcomes.front();
  }

  const std::unique_ptr<telemetry::Metrics> metrics = std::make_unique<telemetry::Metrics>();
  const telemetry::Log log{telemetry::Level::error, [](const std::string&) {},
                           [] { return std::string(); }};
  Arm arm = Arm::canary;
  rollout::Evaluation decision;
  std::vector<SessionOutcome> outcomes;
  std::vector<Votes> late_votes;
  std::shared_ptr<testing::Reader> reader;
};

rollout::Evaluation canary_decision() {
  rollout::Evaluation decision;
  decision.enabled = true;
  decision.reason = rollout::Reason::rollout;
  decision.rollout_percentage = decision.share = 25;
  decision.version = 7;
  return decision;
}

rollout::Evaluation control_decision() {
  rollout::Evaluation decision = canary_decision();
  decision.enabled = false;
  decision.reason = rollout::Reason::outside_rollout;
  return decision;
}

// What both arms' sessions of talk() have in common.
SessionOutcome common_outcome() {
  SessionOutcome outcome;
  outcome.session_id = "golden-eagle-427";
  outcome.percentage = 25;
  outcome.flag_version = 7;
  outcome.began_at = noon;
  outcome.ended_at = noon + milliseconds{6000};
  outcome.finals = 1;
  outcome.language = "en";
  outcome.late.emplace();
  outcome.paired = rollout::PairedFigures{
      4, (1700 + 1400 + 1100 + 800) / 4.0, 0, (3700 + 3400 + 3100 + 2800) / 4.0, 0, 0};
  outcome.cost_per_listener_hour = 0.06 / (6.0 / 3600);
  return outcome;
}

// The sketches' values are within 0.4 %.
void expect_outcome(SessionOutcome found, const SessionOutcome& expected) {
  ASSERT_TRUE(found.latency_p95_ms && found.paired && found.cost_per_listener_hour);
  EXPECT_NEAR(*found.latency_p95_ms, *expected.latency_p95_ms, *expected.latency_p95_ms * 0.004);
  EXPECT_NEAR(found.paired->early_p95_ms, 1700, 1700 * 0.004);
  EXPECT_NEAR(found.paired->final_only_p95_ms, 3700, 3700 * 0.004);
  EXPECT_DOUBLE_EQ(*found.cost_per_listener_hour, *expected.cost_per_listener_hour);
  found.latency_p95_ms = expected.latency_p95_ms;
  found.paired->early_p95_ms = found.paired->final_only_p95_ms = 0;
  found.cost_per_listener_hour = expected.cost_per_listener_hour;
  EXPECT_EQ(found, expected);
}

TEST_F(OutcomeTest, OfACanarySession) {
  begin(Arm::canary, canary_decision());
  talk();
  EXPECT_TRUE(outcomes.empty()) << "it has not ended";
  end();
  SessionOutcome expected = common_outcome();
  expected.canary = true;
  expected.captions = 1;  // the early words; the final's full stop says no more
  expected.latency_p95_ms = 800;
  expected.cache_misses = 1;
  // The early words again: when the pause ended their segment, and when the final marked its end.
  expected.cache_hits = 2;
  expected.erasure = figures().erasure;
  expect_outcome(only_outcome(), expected);
}

TEST_F(OutcomeTest, OfAControlSession) {
  begin(Arm::control, control_decision());
  talk();
  end();
  SessionOutcome expected = common_outcome();
  expected.captions = 1;
  expected.latency_p95_ms = 2800;
  (*expected.late)[0] = (*expected.late)[1] = 1;
  expected.cache_misses = 1;
  expected.erasure = 0;
  expect_outcome(only_outcome(), expected);
}

TEST_F(OutcomeTest, CountsWhatItsMetricsCount) {
  begin(Arm::canary, canary_decision());
  talk();
  for (int i = 0; i < 70; ++i)  // the queue holds 64
    recogniser.say(testing::partial("so many", {.id = "r2", .start = at_ms(4500)}));
  poll();
  say(final_result("so many.", {.id = "r2", .start = at_ms(4500)}));
  translator.refuse();
  poll();
  say(testing::partial("so", {.id = "r2", .start = at_ms(4500)}));  // after its final
  say(final_result("one two three four.", {.id = "r3", .start = at_ms(5500)}));
  answer_all();
  session->set_mode(engine::Mode::final_only);
  poll();
  say(stable_partial("lost", {.id = "r4", .start = at_ms(7000)}));
  at(30'000);
  end(fail(ErrorCode::unavailable, "gone"));
  const SessionOutcome outcome = only_outcome();
  EXPECT_EQ(outcome.finals, 3u);
  EXPECT_EQ(outcome.dropped, 6u + 1);
  EXPECT_EQ(outcome.errors, 2u);
  EXPECT_EQ(outcome.orphaned, 1u);
  EXPECT_EQ(outcome.fallbacks, 0u) << "an operator asked for finals";
  EXPECT_EQ(outcome.cache_hits, 3u);
  ASSERT_TRUE(outcome.paired);
  EXPECT_EQ(outcome.paired->words, 4u + 2 + 4) << "until the kill";
  const auto snapshot = metrics->snapshot()[static_cast<std::size_t>(Arm::canary)];
  EXPECT_EQ(outcome.finals, snapshot[Counter::final_results_processed]);
  EXPECT_EQ(outcome.dropped, snapshot[Counter::partial_results_dropped]);
  EXPECT_EQ(outcome.errors, snapshot[Counter::session_errors]);
  EXPECT_EQ(outcome.fallbacks, snapshot[Counter::transcribe_fallback_triggered]);
  EXPECT_EQ(outcome.cache_hits, snapshot[Counter::translation_cache_hits]);
  EXPECT_EQ(outcome.cache_misses, snapshot[Counter::translation_cache_misses]);
  EXPECT_EQ(snapshot[Counter::sessions_active], 1u);
  EXPECT_EQ(snapshot[Counter::sessions_failing], 1u) << "in these five minutes";
  EXPECT_EQ(snapshot[Counter::sessions_late], outcome.late->at(4) > 0 ? 1u : 0u);
  const auto& latency = snapshot[telemetry::Histogram::processing_latency];
  EXPECT_EQ(outcome.captions, latency.count());
  EXPECT_EQ(outcome.latency_p95_ms, latency.quantile(0.95));
}

TEST_F(OutcomeTest, OfOneThatNobodyFollowedSaysWhatItKnows) {
  begin(Arm::canary, canary_decision());
  session->unsubscribe(reader);
  poll();
  talk();
  end();
  const SessionOutcome outcome = only_outcome();
  EXPECT_EQ(outcome.captions, 0u);
  EXPECT_EQ(outcome.latency_p95_ms, std::nullopt);
  EXPECT_EQ(outcome.erasure, std::nullopt);
  EXPECT_EQ(outcome.cost_per_listener_hour, std::nullopt);
  ASSERT_TRUE(outcome.paired);
  EXPECT_EQ(outcome.paired->words, 4u);
  EXPECT_LT(outcome.paired->early_mean_ms, outcome.paired->final_only_mean_ms);
}

// A listener with an id, which outlives its connections.
struct KnownReader : testing::Reader {
  explicit KnownReader(std::uint64_t number) : id_{1, number} {}
  std::optional<ListenerId> id() const override { return id_; }

 private:
  const ListenerId id_;
};

TEST_F(OutcomeTest, CountsListenersAndWhoLeft) {
  begin(Arm::canary, canary_decision());
  session->unsubscribe(reader);  // who has no id: not counted
  const auto follow = [&](std::uint64_t number, const char* language) {
    auto known = std::make_shared<KnownReader>(number);
    session->subscribe(Language{language}, {}, known, [](Result<>) {});
    poll();
    return known;
  };
  const auto speak = [&] { (void)session->push_audio(std::vector<std::int16_t>(16'000)); };
  const auto stays = follow(1, "es"), leaves = follow(2, "es");
  EXPECT_EQ(*session->rate({1, 1}, Rating::up), true);
  EXPECT_EQ(*session->rate({1, 1}, Rating::down), false);
  EXPECT_FALSE(session->rate({1, 9}, Rating::up));
  auto returns = follow(3, "es");
  at(1000);
  speak();
  poll();
  at(60'000);
  session->subscribe(Language{"ca"}, {}, stays, [](Result<>) {});  // the same, in Catalan
  session->unsubscribe(leaves);
  session->unsubscribe(returns);
  poll();
  at(100'000);
  returns = follow(3, "en");
  const auto late = follow(4, "es");
  at(600'000);
  speak();
  recogniser.end();
  poll();
  answer_all();
  EXPECT_EQ(only_outcome().listeners, 4u);
  EXPECT_EQ(only_outcome().listeners_left, 1u);
  EXPECT_EQ(only_outcome().thumbs_down, 1u);
  EXPECT_EQ(only_outcome().thumbs_up, 0u);
  EXPECT_EQ(*session->rate({1, 4}, Rating::neutral), true);
  poll();
  EXPECT_EQ(late_votes, (std::vector<Votes>{{0, 1, 1}}));
  EXPECT_EQ(outcomes.size(), 1u);
}

TEST_F(OutcomeTest, CountsCaptionsByHowLateTheyAre) {
  begin(Arm::canary, canary_decision());
  SessionConfig config;
  config.id = SessionId{"silver-otter-118"};
  const auto observer = observers(config).front();
  Caption caption;
  caption.language = Language{"es"};
  for (const int ms : {1000, 1001, 4999, 5000, 5001, 60'000}) {
    observer->on_sent({&caption, true, milliseconds{ms}, 1});
  }
  observer->on_sent({&caption, false, std::nullopt, 1});  // catching up
  observer->on_ended({}, {}, milliseconds{0}, {});
  EXPECT_EQ(only_outcome().captions, 6u);
  EXPECT_EQ(only_outcome().late, (rollout::LateCaptions{5, 4, 4, 4, 2, 1, 1, 1}));
}

TEST_F(OutcomeTest, ComesOnce) {
  begin(Arm::canary, canary_decision());
  talk();
  end();
  session->finish();
  session->set_mode(engine::Mode::final_only);
  recogniser.end();
  poll();
  session->unsubscribe(reader);
  poll();
  session.reset();
  poll();
  EXPECT_EQ(outcomes.size(), 1u);
}

TEST_F(OutcomeTest, OneThatIsGivenUpHasNone) {
  begin(Arm::canary, canary_decision());
  talk();
  session.reset();
  poll();
  EXPECT_TRUE(outcomes.empty());
}

TEST_F(OutcomeTest, SaysWhetherItsBucketPutItInItsArm) {
  using rollout::Reason;
  for (const auto reason :
       {Reason::rollout, Reason::outside_rollout, Reason::disabled, Reason::environment_off,
        Reason::override_on, Reason::override_off, Reason::fallback}) {
    decision.reason = reason;
    outcomes.clear();
    SessionConfig config;
    config.id = SessionId{"golden-eagle-427"};
    observers(config).front()->on_ended({}, {}, milliseconds{0}, {});
    EXPECT_EQ(only_outcome().by_bucket,
              reason == Reason::rollout || reason == Reason::outside_rollout)
        << rollout::to_string(reason);
    EXPECT_EQ(only_outcome().paired, std::nullopt) << "there was no shadow";
  }
}

}  // namespace
}  // namespace sotto::pipeline
