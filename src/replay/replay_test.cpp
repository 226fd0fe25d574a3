#include "replay/replayer.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "replay/decision_lines.hpp"
#include "replay/event_file.hpp"
#include "replay/figures.hpp"
#include "tests/support/events.hpp"
#include "tests/support/transcribe_lines.hpp"

namespace sotto::replay {
namespace {

struct Replayed {
  std::string decisions;
  Figures figures;
};

Replayed replay(const std::vector<RecordedEvent>& events, const engine::Settings& settings = {}) {
  Replayed out;
  std::ostringstream lines;
  DecisionLines writer(lines);
  auto replayer = Replayer::create(
      settings, [&](const SessionId& session, SessionTime at, const engine::Commands& commands) {
        out.figures.decided(session, at, commands);
        writer.write(session, at, commands);
      });
  for (const RecordedEvent& recorded : events) {
    out.figures.heard(recorded.event);
    replayer->take(recorded.session, recorded.arrival, recorded.event);
  }
  replayer->finish();
  out.decisions = lines.str();
  return out;
}

std::vector<RecordedEvent> read(std::istream& in) {
  std::vector<RecordedEvent> events;
  const auto done =
      read_events(in, "events", [&](RecordedEvent& e) { events.push_back(std::move(e)); });
  EXPECT_TRUE(done) << done.error().message;
  return events;
}

std::vector<RecordedEvent> made_up_talks() {
  std::stringstream file;
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    for (const std::string& line :
         testing::transcribe_lines({"silver-otter-" + std::to_string(seed), 60, seed}))
      file << line << '\n';
  return read(file);
}

TEST(Replay, SpeechIsTheFinalsAndCaptionsEndAsThem) {
  const auto events = made_up_talks();
  std::map<std::string, std::string> finals_of_session, final_of_result, heard_last;
  std::vector<std::pair<std::string, std::string>> order;  // session, result
  for (const RecordedEvent& recorded : events) {
    const auto result = recorded.event[0];
    const auto key = recorded.session.str() + "/" + std::string(result.id);
    if (!heard_last.contains(key)) order.emplace_back(recorded.session.str(), key);
    heard_last[key] = result.transcript;
    if (!result.is_partial) final_of_result[key] = result.transcript;
  }
  // A result without a final counts with its newest hypothesis.
  for (const auto& [session, key] : order) {
    std::string& all = finals_of_session[session];
    all += (all.empty() ? "" : " ") + heard_last[key];
  }

  std::map<std::string, std::string> spoken, shown;
  std::istringstream lines(replay(events).decisions);
  for (std::string line; std::getline(lines, line);) {
    const auto decision = boost::json::parse(line).as_object();
    const auto text_of = [&](const char* name) {
      return std::string(decision.at(name).as_string());
    };
    const std::string action = text_of("action");
    const std::string session = text_of("session_id");
    if (action == "forward" || action == "flush") {
      EXPECT_EQ(text_of("channel"), "speech");
      std::string& all = spoken[session];
      all += (all.empty() ? "" : " ") + text_of("text");
    } else if (action == "caption" || action == "replace") {
      EXPECT_EQ(text_of("channel"), "captions");
      shown[session + "/" + text_of("result_id")] = text_of("text");
    }
  }
  EXPECT_EQ(spoken, finals_of_session);
  for (const auto& [key, text] : final_of_result) EXPECT_EQ(shown[key], text) << key;
}

TEST(Replay, TheSameEventsGiveTheSameBytes) {
  const auto events = made_up_talks();
  EXPECT_EQ(replay(events).decisions, replay(events).decisions);
}

TEST(Replay, SessionsDoNotTouchEachOther) {
  const auto events = made_up_talks();
  const auto lines_of = [](const std::string& decisions, const std::string& session) {
    std::string some;
    std::istringstream lines(decisions);
    for (std::string line; std::getline(lines, line);)
      if (line.find('"' + session + '"') != std::string::npos) some += line + "\n";
    return some;
  };
  std::vector<RecordedEvent> one, mixed = events;
  std::copy_if(events.begin(), events.end(), std::back_inserter(one),
               [](const RecordedEvent& e) { return e.session.str() == "silver-otter-3"; });
  std::stable_sort(mixed.begin(), mixed.end(), [](const RecordedEvent& a, const RecordedEvent& b) {
    return a.arrival < b.arrival;
  });
  EXPECT_EQ(replay(one).decisions, lines_of(replay(mixed).decisions, "silver-otter-3"));
}

TEST(Replay, FinalOnlyModeTranslatesLessAndSaysTheSame) {
  const auto events = made_up_talks();
  engine::Settings final_only;
  final_only.mode = engine::Mode::final_only;
  const Replayed early = replay(events), late = replay(events, final_only);
  EXPECT_EQ(early.figures.committed_words(), late.figures.committed_words());
  EXPECT_LT(late.figures.translated_characters(), early.figures.translated_characters());
  EXPECT_LT(early.figures.commit_lag().mean(), late.figures.commit_lag().mean());
  EXPECT_EQ(late.figures.erasure(), 0);
}

TEST(Figures, ASteadyCaptionErasesNothingAndAContradictionCounts) {
  engine::Settings settings;
  settings.calibration.emplace();
  for (auto& row : settings.calibration->survival) row.fill(1);
  const auto at = [](milliseconds::rep ms, transcript::Event event) {
    return RecordedEvent{SessionId{"s"}, at_ms(ms), std::move(event)};
  };
  const Replayed steady = replay({at(900, testing::partial("one two three")),
                                  at(1200, testing::final_result("one two three four"))},
                                 settings);
  EXPECT_EQ(steady.figures.erasure(), 0);
  EXPECT_EQ(steady.figures.contradicted_words(), 0u);
  const Replayed contradicted = replay({at(900, testing::partial("one too three")),
                                        at(1200, testing::final_result("one two three four"))},
                                       settings);
  EXPECT_EQ(contradicted.figures.contradicted_words(), 0u) << "only \"one\" was committed";
  EXPECT_EQ(contradicted.figures.erasure(), 2.0 / 4);
}

TEST(EventFile, AMalformedLineIsNamed) {
  std::istringstream in("{\"Transcript\":{\"Results\":[]}}\n\n{\"ArrivalMs\":-1}\n");
  const auto read = read_events(in, "talk.jsonl", [](RecordedEvent&) {});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().field, "ArrivalMs");
  EXPECT_EQ(read.error().message,
            "talk.jsonl line 3: transcript event: ArrivalMs must be milliseconds from 0 to "
            "10000000000");
}

TEST(EventFile, WithoutAnEnvelopeEventsArriveAsTheirAudioDoes) {
  std::istringstream in(
      "{\"Transcript\":{\"Results\":[{\"EndTime\":1.5}]}}\n"
      "{\"Transcript\":{\"Results\":[{\"EndTime\":0.5}]}}\n");
  const auto events = read(in);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].session, SessionId{"recording"});
  EXPECT_EQ(events[0].arrival, at_ms(1500));
  EXPECT_EQ(events[1].arrival, at_ms(1500)) << "time does not go back";
}

// Talks with everything that goes wrong, and the decisions on them as they were when somebody last
// looked at each line. `SOTTO_UPDATE_GOLDEN=1` writes them anew.
TEST(Golden, DecisionsAreAsTheyWere) {
  const std::filesystem::path folder = std::filesystem::path(SOTTO_SOURCE_DIR) / "tests/golden";
  std::size_t talks = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.path().string().ends_with(".events.jsonl")) continue;
    ++talks;
    std::ifstream in(entry.path());
    engine::Settings settings;
    if (entry.path().filename().string().starts_with("measured")) {
      settings.provisional_threshold = 0.75;
      settings.calibration.emplace();
      for (std::size_t i = 0; i < settings.calibration->survival.size(); ++i)
        settings.calibration->survival[i].fill(i == 0 ? 0.3f : i == 1 ? 0.8f : 1.0f);
    }
    const std::string decisions = replay(read(in), settings).decisions;
    std::string name = entry.path().string();
    name.replace(name.rfind(".events.jsonl"), std::string::npos, ".decisions.jsonl");
    if (std::getenv("SOTTO_UPDATE_GOLDEN")) std::ofstream(name) << decisions;
    std::ifstream golden(name);
    const std::string expected{std::istreambuf_iterator<char>(golden), {}};
    EXPECT_EQ(decisions, expected) << entry.path();
  }
  EXPECT_GE(talks, 5u);
}

}  // namespace
}  // namespace sotto::replay
