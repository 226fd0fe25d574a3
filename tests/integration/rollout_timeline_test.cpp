// A server's rollout, with its clock, its traffic and what goes wrong in the test's hands.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <functional>

#include "feature_flag/outcome_json.hpp"
#include "server/application.hpp"
#include "tests/support/failing_sessions.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/rollout_readings.hpp"
#include "tests/support/test_flag.hpp"

namespace sotto::server {
namespace {

using rollout::EventKind;
using std::chrono::hours;
using std::chrono::minutes;
using telemetry::Arm;
using telemetry::Counter;
using telemetry::Histogram;

// The minutes of the last hour: weeks of them would be gigabytes.
class LateSeries : public telemetry::MemorySeries {
 public:
  Result<> append(const telemetry::Minute& minute) override {
    (void)prune(minute.start - minutes{65});
    return MemorySeries::append(minute);
  }
};

class Served {
 public:
  Served() {
    ApplicationConfig config;
    config.flag = flag.access();
    config.flag.now = [this] { return now; };
    config.telemetry = flag.telemetry();
    config.telemetry.series = &series;
    config.phases = flag.phases();
    config.phases.on_event = [this](const rollout::RolloutEvent& event, const rollout::State&) {
      told.push_back(event);
    };
    pipeline::SessionParts parts;
    parts.executor = io.get_executor();
    parts.recogniser = &recogniser;
    parts.translator = &translator;
    parts.cache = &cache;
    flag.set_percentage(0);
    application = std::make_shared<Application>(config, parts, &log);
  }

  boost::json::object ask(const std::string& method, const std::string& path,
                          const std::string& body = {}) {
    const Response response = application->handle({method, path, {}, "operator-secret", {}, body});
    EXPECT_EQ(response.status, 200) << path << ": " << response.body;
    return boost::json::parse(response.body).as_object();
  }

  // Five minutes of talks that go well, but for what spoils them.
  void pass() {
    if (passes_++ % every == 0) measure();
    begin_a_session();
    end_sessions();
    now += minutes{5};
    application->tick();
  }

  // All goes well again.
  void mend() {
    measured = all_well;
    spoil = [](rollout::SessionOutcome&) {};
    more_canary = 0;
  }

  // Until the rollout tells of something, or for a time.
  const rollout::RolloutEvent* until_told(milliseconds time) {
    const std::size_t before = told.size();
    for (const UtcTime end = now + time; now < end && told.size() == before;) pass();
    return told.size() == before ? nullptr : &told.back();
  }

  rollout::Flag in_store() { return feature_flag::current_flag(flag.store, flag.name)->flag; }

  boost::asio::io_context io;
  testing::TestFlag flag;
  LateSeries series;
  testing::FakeRecogniser recogniser;
  testing::FakeTranslator translator;
  pipeline::TranslationCache cache;
  telemetry::Log log{telemetry::Level::error, [](const std::string&) {},
                     [] { return std::string(); }};
  std::vector<rollout::RolloutEvent> told;
  UtcTime now = testing::TestFlag::now;
  std::shared_ptr<Application> application;

  // What goes on beside what goes well: in the metrics, in a session that ends, and in how many of
  // a hundred sessions are the canary's beyond its share.
  std::function<void(telemetry::Metrics&)> measured = all_well;
  std::function<void(rollout::SessionOutcome&)> spoil = [](rollout::SessionOutcome&) {};
  int more_canary = 0;
  // A quarter of an hour's figures, in one minute of it: each minute is 100 kB to be copied.
  int every = 3;

 private:
  static void all_well(telemetry::Metrics& metrics) { testing::count_failing_sessions(metrics, 0); }

  void measure() {
    telemetry::Metrics& metrics = flag.metrics;
    for (const Arm arm : telemetry::arms) {
      for (int i = 0; i < 60; ++i) metrics.record(arm, Histogram::processing_latency, 1500);
      metrics.count(arm, Counter::final_results_processed, 60);
      metrics.count(arm, Counter::translation_cache_hits, 30);
      metrics.count(arm, Counter::translation_cache_misses, 30);
      metrics.record(arm, Histogram::orphaned_results_flushed, 1);
      metrics.count(arm, Counter::partial_results_dropped, 1);
    }
    metrics.count(Arm::canary, Counter::feedback_positive, 3);
    measured(metrics);
  }

  // By turns in the arms as the percentage in force says.
  void begin_a_session() {
    const int share = rollout::canary_share(in_store());
    due_ += share + more_canary;
    const bool canary = due_ >= 100;
    if (canary) due_ -= 100;
    rollout::SessionOutcome outcome = testing::healthy_outcome(canary, share, next_++);
    outcome.ended_at = now + (outcome.ended_at - outcome.began_at);
    outcome.began_at = now;
    live_.push_back(outcome);
  }

  void end_sessions() {
    const auto over = std::stable_partition(
        live_.begin(), live_.end(), [&](const auto& session) { return session.ended_at > now; });
    std::for_each(over, live_.end(), [&](rollout::SessionOutcome& outcome) {
      spoil(outcome);
      const auto text = feature_flag::outcome_text(outcome);
      ASSERT_TRUE(text);
      ASSERT_TRUE(flag.rollouts.add_sessions(flag.name, {{0, now, *text}}));
    });
    live_.erase(over, live_.end());
  }

  std::vector<rollout::SessionOutcome> live_;
  int due_ = 0, next_ = 0, passes_ = 0;
};

std::vector<std::string> names(const boost::json::object& standing) {
  std::vector<std::string> all;
  for (const auto& criterion : standing.at("criteria").as_array())
    all.emplace_back(criterion.at("name").as_string());
  return all;
}

TEST(RolloutTimeline, TheGuidesSevenWeeksLeadAServerToEverybody) {
  Served served;
  const UtcTime begun = served.now;
  served.ask("POST", "/v1/rollout/phases/start", R"({"plan":"timeline","reason":"week 1"})");
  served.pass();
  ASSERT_EQ(served.told.size(), 1u);
  struct Leg {
    int week, percentage;
    std::size_t criteria;
  };
  const Leg legs[] = {{1, 10, 1}, {3, 50, 11}, {5, 100, 15}, {7, 100, 16}};
  for (const Leg& leg : legs) {
    SCOPED_TRACE(leg.week);
    // What a phase is judged by is looked at before it ends, since the next has other criteria.
    for (int i = 0; i < 12; ++i) served.pass();
    const auto standing = served.ask("GET", "/v1/rollout/phases");
    EXPECT_EQ(names(standing).size(), leg.criteria);
    const auto* event = served.until_told(hours{24 * 40});
    ASSERT_TRUE(event) << boost::json::serialize(served.ask("GET", "/v1/rollout/phases"));
    EXPECT_EQ((served.now - begun) / hours{168}, leg.week) << event->why;
    EXPECT_EQ(served.in_store().rollout_percentage, leg.percentage);
    EXPECT_EQ(event->kind, leg.week == 7 ? EventKind::completed : EventKind::promoted)
        << event->why;
  }
  EXPECT_EQ(served.in_store().control_percentage, 2);
  const auto end = served.ask("GET", "/v1/rollout/phases");
  EXPECT_EQ(end.at("rollout").at("status"), "completed");
  for (const auto& criterion : end.at("criteria").as_array())
    EXPECT_EQ(criterion.at("verdict"), "pass") << boost::json::serialize(criterion);
  // Each decision is there with what it was made of.
  const auto events = served.ask("GET", "/v1/rollout/events").at("events").as_array();
  EXPECT_EQ(events.size(), 5u);
}

using Spoil = void (*)(rollout::SessionOutcome&);

void sessions(Served& served, Spoil spoil) {
  served.spoil = [spoil](rollout::SessionOutcome& outcome) {
    if (outcome.canary) spoil(outcome);
  };
}

void errors(Served& served, std::uint64_t canary, std::uint64_t control) {
  served.every = 1;  // an alarm looks at five minutes
  served.measured = [=](telemetry::Metrics& metrics) {
    testing::count_failing_sessions(metrics, canary, control);
  };
}

void is_late(rollout::SessionOutcome& outcome) { outcome.late->fill(150); }
void fails(rollout::SessionOutcome& outcome) { outcome.errors = 1; }
void falls_back(rollout::SessionOutcome& outcome) { outcome.fallbacks = 1; }
void orphans(rollout::SessionOutcome& outcome) { outcome.orphaned = 12; }
void drops(rollout::SessionOutcome& outcome) { outcome.dropped = 400; }

struct Trouble {
  const char* name;
  EventKind event;
  void (*begin)(Served&);
};

const Trouble troubles[] = {
    {"p95 latency", EventKind::stepped_back, [](Served& s) { sessions(s, is_late); }},
    {"Latency of sessions", EventKind::stepped_back,
     [](Served& s) { sessions(s, [](auto& o) { *o.latency_p95_ms *= 2; }); }},
    {"Sessions with errors", EventKind::disabled, [](Served& s) { sessions(s, fails); }},
    {"audio-transcription-lambda-errors", EventKind::disabled, [](Served& s) { errors(s, 10, 0); }},
    {"Dropped results", EventKind::stepped_back, [](Served& s) { sessions(s, drops); }},
    {"Orphaned results", EventKind::stepped_back, [](Served& s) { sessions(s, orphans); }},
    {"Fallbacks", EventKind::disabled, [](Served& s) { sessions(s, falls_back); }},
    {"Thumbs down", EventKind::stepped_back,
     [](Served& s) {
       sessions(s, [](auto& o) {
         o.thumbs_up = 0;
         o.thumbs_down = 1;
       });
     }},
    {"Cost per listener-hour", EventKind::held,
     [](Served& s) { sessions(s, [](auto& o) { o.cost_per_listener_hour = 4; }); }},
    {"Translation cache hits", EventKind::held,
     [](Served& s) {
       sessions(s, [](auto& o) {
         o.cache_misses += o.cache_hits;
         o.cache_hits = 0;
       });
     }},
    {"Words taken back", EventKind::stepped_back,
     [](Served& s) { sessions(s, [](auto& o) { o.erasure = 3; }); }},
    {"Length of sessions", EventKind::stepped_back,
     [](Served& s) { sessions(s, [](auto& o) { o.began_at = o.ended_at - minutes{8}; }); }},
    {"Listeners who leave early", EventKind::stepped_back,
     [](Served& s) { sessions(s, [](auto& o) { o.listeners_left = 3; }); }},
    {"an assignment fault", EventKind::held, [](Served& s) { s.more_canary = 25; }},
};

// At 50 %, where all of the guide's limits count.
void begin_at_half(Served& served) {
  served.ask("POST", "/v1/rollout/phases/start", R"({"plan":{"name":"quick","phases":[
      {"name":"canary","rollout_percentage":10,"bake_hours":10,"min_sessions":10,
       "criteria":["alarms"]},
      {"name":"gradual","rollout_percentage":50,"bake_hours":168}]}})");
  served.pass();
  const auto* event = served.until_told(hours{80});
  ASSERT_TRUE(event);
  ASSERT_EQ(event->kind, EventKind::promoted) << event->why;
  for (int i = 0; i < 24; ++i) served.pass();
  ASSERT_EQ(served.told.size(), 2u);
}

TEST(RolloutTimeline, EachTroubleHoldsOrTakesBackAndIsTold) {
  for (const Trouble& trouble : troubles) {
    SCOPED_TRACE(trouble.name);
    Served served;
    ASSERT_NO_FATAL_FAILURE(begin_at_half(served));
    trouble.begin(served);
    const auto* event = served.until_told(hours{200});
    // What is past its limit holds at once, and takes back when it surely is.
    if (event && event->kind == EventKind::held && trouble.event != EventKind::held)
      event = served.until_told(hours{200});
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, trouble.event) << event->why;
    EXPECT_NE(event->why.find(trouble.name), std::string::npos) << event->why;
    const auto standing = served.ask("GET", "/v1/rollout/phases").at("rollout").as_object();
    const rollout::Flag flag = served.in_store();
    if (trouble.event == EventKind::held) {
      EXPECT_EQ(flag.rollout_percentage, 50);
      EXPECT_EQ(standing.at("status"), "running");
      continue;
    }
    EXPECT_EQ(flag.enabled, trouble.event != EventKind::disabled);
    if (flag.enabled) {
      EXPECT_EQ(flag.rollout_percentage, 10);
      EXPECT_TRUE(flag.recall_live);
    }
    EXPECT_EQ(standing.at("status"), "rolled_back");
    EXPECT_NE(standing.at("latch").at("why").as_string().find(trouble.name), std::string::npos);
    served.mend();
    const std::size_t told = served.told.size();
    EXPECT_EQ(served.until_told(hours{30}), nullptr) << "and so it stays";
    EXPECT_EQ(served.told.size(), told);
  }
}

struct Outage {
  const char* name;
  void (*begin)(Served&);
};

const Outage outages[] = {
    {"p95 latency", [](Served& s) { s.spoil = is_late; }},
    {"Sessions with errors", [](Served& s) { s.spoil = fails; }},
    {"Alarms", [](Served& s) { errors(s, 9, 10); }},
    {"Dropped results", [](Served& s) { s.spoil = drops; }},
    {"Orphaned results", [](Served& s) { s.spoil = orphans; }},
    {"Fallbacks", [](Served& s) { s.spoil = falls_back; }},
};

TEST(RolloutTimeline, SixHoursOfTroubleInBothArmsAreHeldAndNamed) {
  for (const Outage& outage : outages) {
    SCOPED_TRACE(outage.name);
    Served served;
    ASSERT_NO_FATAL_FAILURE(begin_at_half(served));
    outage.begin(served);
    const auto* event = served.until_told(hours{6});
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, EventKind::held);
    EXPECT_TRUE(event->why.starts_with("Both arms have it")) << event->why;
    EXPECT_NE(event->why.find(outage.name), std::string::npos) << event->why;
    EXPECT_EQ(served.until_told(hours{5}), nullptr) << "told once: " << served.told.back().why;
    served.mend();
    event = served.until_told(hours{12});
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, EventKind::went_on) << event->why;
    EXPECT_EQ(served.until_told(hours{24}), nullptr) << served.told.back().why;
    EXPECT_EQ(served.in_store().rollout_percentage, 50);
  }
}

}  // namespace
}  // namespace sotto::server
