// Faults in talks, on a clock that the test moves: each makes its alarm go off within its periods,
// and no other, and it is quiet again when the fault is over.
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <deque>
#include <functional>
#include <set>

#include "audio/recording.hpp"
#include "pipeline/session/session.hpp"
#include "pipeline/session/session_telemetry.hpp"
#include "telemetry/monitor.hpp"
#include "tests/support/events.hpp"
#include "tests/support/fakes.hpp"
#include "tests/support/insights.hpp"

namespace sotto::pipeline {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::string speech_file =
    "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.wav";

struct Ears : Listener {
  void on_caption(const SharedCaption&) override {}
  void on_state(SessionState) override {}
};

// All its words are flagged as stable: they are shown at once, so only the final is missed.
transcript::Event stable(const std::string& words, const testing::ResultSpec& spec) {
  auto spoken = testing::spoken(words);
  for (testing::SpokenWord& word : spoken) word.flag = transcript::StableFlag::stable;
  return testing::make_event(spoken, spec);
}

// What goes wrong.
struct Fault {
  milliseconds translator_takes{0};
  bool translator_fails = false;
  bool no_finals = false;
  bool contradicting_finals = false;
  bool silent_recogniser = false;
  int flood = 0;  // events at once
};

// A talk with a sentence every five seconds and one listener in Spanish; wall time is the
// session's.
class Talk {
 public:
  Talk(telemetry::Metrics* metrics, telemetry::Log* log, milliseconds begins,
       std::function<UtcTime()> wall)
      : begins_(begins), speech_(*audio::read_recording(speech_file)) {
    recogniser_.calibration_.emplace();
    for (auto& row : recogniser_.calibration_->survival) row.fill(1.0f);
    SessionParts parts;
    parts.executor = io_.get_executor();
    parts.recogniser = &recogniser_;
    parts.translator = &translator_;
    parts.cache = &cache_;
    parts.timekeeper = [this](boost::asio::any_io_executor) {
      auto made = std::make_unique<ManualTimekeeper>();
      clock_ = made.get();
      return made;
    };
    SessionConfig config;
    config.id = SessionId{"golden-eagle-" + std::to_string(begins.count() / 1000)};
    config.language = Language{"en"};
    TelemetrySinks sinks{metrics, log};
    sinks.now = std::move(wall);
    session_ =
        *Session::start(config, parts, {observe(config.id, telemetry::Arm::canary, {}, sinks)});
    session_->subscribe(Language{"es"}, {}, ears_, [](Result<>) {});
    poll();
  }

  // A second of it.
  void second(milliseconds wall, const Fault& fault) {
    const milliseconds now = wall - begins_;
    advance(now);
    const std::vector<std::int16_t> silence(16'000);
    const std::size_t at = spoken_ % (speech_.size() - 16'000);
    (void)session_->push_audio(fault.silent_recogniser ? std::span(speech_).subspan(at, 16'000)
                                                       : std::span<const std::int16_t>(silence));
    spoken_ += 16'000;
    poll();
    if (!fault.silent_recogniser) speak(now, fault);
    translate(now, fault);
  }

  void end() {
    recogniser_.end();
    poll();
    while (!translator_.requests.empty()) {
      translator_.answer();
      poll();
    }
  }

 private:
  void speak(milliseconds now, const Fault& fault) {
    // Without finals a result stands in the way of the next for seconds: so few that each is given
    // up before the next begins.
    const milliseconds::rep cycle = fault.no_finals ? 20'000 : 5000;
    const auto place = now.count() / cycle;
    testing::ResultSpec spec;
    spec.id = "r" + std::to_string(place);
    spec.start = SessionTime{milliseconds{place * cycle}};
    const std::string words = "word" + std::to_string(place) + " two three";
    for (int i = 0; i < fault.flood; ++i) recogniser_.say(testing::partial(words, spec));
    const auto into = now.count() % cycle;
    if (into == 1000)
      recogniser_.say(fault.no_finals || fault.contradicting_finals
                          ? stable(words, spec)
                          : testing::partial(words, spec));
    if (into == 2000 && !fault.no_finals)
      recogniser_.say(testing::final_result(
          fault.contradicting_finals ? "nothing of the kind." : words + ".", spec));
    poll();
  }

  void translate(milliseconds now, const Fault& fault) {
    while (asked_.size() < translator_.requests.size()) asked_.push_back(now);
    while (!translator_.requests.empty() && asked_.front() + fault.translator_takes <= now) {
      fault.translator_fails ? translator_.refuse() : translator_.answer();
      asked_.pop_front();
      poll();
      while (asked_.size() < translator_.requests.size()) asked_.push_back(now);
    }
  }

  void advance(milliseconds to) {
    while (!clock_->advance_to(SessionTime{to})) poll();
    poll();
  }
  void poll() {
    io_.restart();
    io_.poll();
  }

  const milliseconds begins_;
  const std::vector<std::int16_t> speech_;
  boost::asio::io_context io_;
  testing::FakeRecogniser recogniser_;
  testing::FakeTranslator translator_;
  TranslationCache cache_;
  ManualTimekeeper* clock_ = nullptr;
  std::shared_ptr<Ears> ears_ = std::make_shared<Ears>();
  std::shared_ptr<Session> session_;
  std::deque<milliseconds> asked_;
  std::size_t spoken_ = 0;
};

class Alarms : public ::testing::Test {
 protected:
  Alarms() {
    telemetry::MonitorEvents events;
    events.on_change = [this](const telemetry::AlarmChange& change) {
      if (change.to == telemetry::AlarmState::alarm) fired.emplace(change.rule->name, now);
    };
    monitor.emplace(&metrics, &series, telemetry::guide_alarms(), events);
    monitor->tick(UtcTime{now});
  }

  // So many minutes, in talks of five minutes each.
  void run(minutes length, const Fault& fault = {}) {
    for (const milliseconds end = now + length; now < end; now += seconds{1}) {
      if (now.count() % minutes_5.count() == 0) next_talk();
      talk->second(now, fault);
      monitor->tick(UtcTime{now});
    }
  }
  void next_talk() {
    if (talk) talk->end();
    talk.emplace(&metrics, &log, now, [this] { return UtcTime{now}; });
  }
  std::set<std::string> on() const {
    std::set<std::string> names;
    for (const auto& alarm : monitor->alarms())
      if (alarm.state == telemetry::AlarmState::alarm) names.insert(std::string(alarm.rule->name));
    return names;
  }
  // The fault from minute 5 on makes the alarm go off within so many minutes, and it is over when
  // the fault is.
  void expect_alarm(const std::string& name, const Fault& fault, minutes within) {
    run(minutes{5});
    EXPECT_TRUE(fired.empty());
    run(within + minutes{1}, fault);
    EXPECT_EQ(on(), std::set<std::string>{name});
    expect_sessions(name);
    ASSERT_EQ(fired.size(), 1u) << "exactly that alarm";
    EXPECT_LE(fired.begin()->second, minutes{5} + within + seconds{1});
    const auto rest = minutes{5} - now % minutes{5};
    run(std::chrono::duration_cast<minutes>(rest));
    run(minutes{11});
    EXPECT_TRUE(on().empty());
    EXPECT_EQ(fired.size(), 1u);
  }

  // The alarm is about every talk of those minutes.
  void expect_sessions(const std::string& name) {
    for (const auto& alarm : monitor->alarms()) {
      if (alarm.rule->name != name) continue;
      const auto sum = telemetry::total(*series.read(UtcTime{minutes{5}}, UtcTime{now}));
      EXPECT_GE(sum[alarm.rule->sessions], 1u);
      EXPECT_LE(sum[alarm.rule->sessions], sum[telemetry::Counter::sessions_active]);
    }
  }

  static constexpr milliseconds minutes_5 = minutes{5};
  milliseconds now{0};
  telemetry::Metrics metrics;
  telemetry::MemorySeries series;
  std::vector<std::string> lines;
  telemetry::Log log{telemetry::Level::debug,
                     [this](const std::string& line) { lines.push_back(line); },
                     [this] { return format_utc(UtcTime{now}); }};
  std::optional<telemetry::Monitor> monitor;
  std::map<std::string, milliseconds> fired;
  std::optional<Talk> talk;
};

TEST_F(Alarms, AQuietRunFiresNone) {
  run(minutes{21});
  monitor->tick(UtcTime{now});
  EXPECT_TRUE(fired.empty());
  for (const auto& alarm : monitor->alarms())
    EXPECT_EQ(alarm.state, telemetry::AlarmState::ok) << alarm.rule->name;
  const auto sum = telemetry::total(*series.read(UtcTime{}, UtcTime{now}));
  using telemetry::Counter;
  EXPECT_EQ(sum[Counter::final_results_processed], 21u * 12);
  EXPECT_EQ(sum[Counter::partial_results_processed], 21u * 12);
  EXPECT_EQ(sum[Counter::session_errors], 0u);
  EXPECT_GT(sum[telemetry::Histogram::processing_latency].count(), 200u);
  EXPECT_EQ(sum[telemetry::Histogram::orphaned_results_flushed].count(), 4u) << "talks that ended";
  EXPECT_EQ(sum[Counter::sessions_active], 5u) << "five talks of five minutes";
  for (const auto& rule : telemetry::guide_alarms()) EXPECT_EQ(sum[rule.sessions], 0u) << rule.name;
}

TEST_F(Alarms, ASlowTranslator) {
  Fault fault;
  fault.translator_takes = milliseconds{7000};
  expect_alarm("audio-transcription-latency-high", fault, minutes{10});
}

TEST_F(Alarms, AFloodOfEvents) {
  Fault fault;
  fault.flood = 100;
  expect_alarm("audio-transcription-rate-limit-high", fault, minutes{2});
}

TEST_F(Alarms, FinalsThatAreWithheld) {
  Fault fault;
  fault.no_finals = true;
  // The talk that begins at minute 5 ends at 10, the next at 15.
  expect_alarm("audio-transcription-orphaned-results-high", fault, minutes{15});
}

TEST_F(Alarms, ASilentRecogniser) {
  Fault fault;
  fault.silent_recogniser = true;
  expect_alarm("audio-transcription-transcribe-fallback", fault, minutes{1});
}

TEST_F(Alarms, ErrorsOfTheTranslator) {
  Fault fault;
  fault.translator_fails = true;
  expect_alarm("audio-transcription-lambda-errors", fault, minutes{5});
}

double number(const testing::Table::Value& value) { return std::get<double>(value); }

// The guide's three queries, over the lines of ten minutes; pct for its p99, which Insights has
// not.
TEST_F(Alarms, TheGuidesLogQueriesGiveTheTrueCounts) {
  run(minutes{5});
  Fault fault;
  fault.translator_fails = true;
  run(minutes{5}, fault);
  const auto counted = [&](const std::string& a, const std::string& b) {
    return static_cast<double>(std::count_if(lines.begin(), lines.end(), [&](const std::string& l) {
      return l.find(a) != std::string::npos && l.find(b) != std::string::npos;
    }));
  };

  const auto errors = testing::run_insights(
      "fields @timestamp, @message, level, error_code\n| filter level = \"ERROR\"\n"
      "| sort @timestamp desc\n| limit 100",
      lines);
  ASSERT_TRUE(errors) << errors.error().message;
  EXPECT_EQ(static_cast<double>(errors->rows.size()),
            std::min(100.0, counted("\"level\":\"ERROR\"", "translation_failed")));
  EXPECT_GT(errors->rows.size(), 50u);

  const auto actions = testing::run_insights(
      "fields @timestamp, event, action, stability_score, session_id\n"
      "| filter event = \"partial_result\"\n| stats count() by action",
      lines);
  ASSERT_TRUE(actions) << actions.error().message;
  double all = 0;
  for (const auto& row : actions->rows) {
    const std::string action = std::get<std::string>(row[0]);
    EXPECT_EQ(number(row[1]),
              counted("\"event\":\"partial_result\"", "\"action\":\"" + action + "\""));
    all += number(row[1]);
  }
  EXPECT_EQ(all, counted("\"event\":\"partial_result\"", ""));
  EXPECT_GE(all, 120);

  const auto latencies = testing::run_insights(
      "fields @timestamp, session_id, processing_latency_ms\n"
      "| stats avg(processing_latency_ms), max(processing_latency_ms), pct(processing_latency_ms, "
      "99) "
      "by session_id",
      lines);
  ASSERT_TRUE(latencies) << latencies.error().message;
  ASSERT_EQ(latencies->rows.size(), 2u) << "two talks";
  for (const auto& row : latencies->rows) {
    std::vector<double> values;
    for (const std::string& text : lines) {
      const auto line = boost::json::parse(text).as_object();
      if (line.at("session_id").as_string() == std::get<std::string>(row[0]))
        if (const auto* value = line.if_contains("processing_latency_ms"))
          values.push_back(value->to_number<double>());
    }
    ASSERT_FALSE(values.empty());
    std::sort(values.begin(), values.end());
    EXPECT_EQ(number(row[2]), values.back());
    EXPECT_LE(number(row[3]), values.back());
    EXPECT_GE(number(row[3]), values[values.size() * 98 / 100]);
  }
}

TEST_F(Alarms, ADiscrepancyShowsBothTextsAtDebugAlone) {
  Fault fault;
  fault.contradicting_finals = true;
  run(minutes{1}, fault);
  const auto texts = testing::run_insights(
      "fields level, forwarded, final | filter event = \"discrepancy_texts\"", lines);
  ASSERT_TRUE(texts) << texts.error().message;
  ASSERT_FALSE(texts->rows.empty());
  EXPECT_EQ(std::get<std::string>(texts->rows[0][0]), "DEBUG");
  EXPECT_NE(std::get<std::string>(texts->rows[0][1]).find("word"), std::string::npos);
  EXPECT_EQ(std::get<std::string>(texts->rows[0][2]), "nothing of the kind.");
  for (const std::string& line : lines)
    if (line.find("\"level\":\"DEBUG\"") == std::string::npos) {
      EXPECT_EQ(line.find("word"), std::string::npos) << line;
    }
  const auto sum = metrics.snapshot()[0];
  EXPECT_EQ(sum[telemetry::Counter::partial_final_discrepancies], texts->rows.size());
}

TEST_F(Alarms, NoLineHasTextOfTheTalk) {
  run(minutes{2});
  EXPECT_GT(lines.size(), 50u);
  for (const std::string& line : lines) {
    EXPECT_EQ(line.find("word"), std::string::npos) << line;
    EXPECT_EQ(line.find(" two three"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace sotto::pipeline
