#include "pipeline/session/shadow.hpp"

#include "tests/support/events.hpp"
#include "tests/support/session_fixture.hpp"

namespace sotto::pipeline {
namespace {

using engine::Mode;
using rollout::PairedFigures;
using testing::final_result;
using testing::stable_partial;

// A session's engine and its shadow, as a session has them. What was said at a place was captured
// then: words of the events end at 300 ms, 600 ms and so on.
class Talk {
 public:
  explicit Talk(Mode mode)
      : engine_(engine::Engine::create(settings(mode)).value()), shadow_(settings(mode)) {}

  void step(const engine::Event& event, milliseconds::rep now) {
    commands_.clear();
    engine_.step(event, at_ms(now), commands_);
    shadow_.note(commands_, at_ms(now), captured_);
    shadow_.step(event, at_ms(now), captured_);
  }
  void hear(const transcript::Event& event, milliseconds::rep now) {
    step(engine::TranscriptReceived{&event}, now);
  }
  Shadow& shadow() { return shadow_; }
  PairedFigures figures() const { return shadow_.figures(); }

 private:
  static engine::Settings settings(Mode mode) {
    engine::Settings settings;
    settings.mode = mode;
    return settings;
  }

  engine::Engine engine_;
  engine::Commands commands_;
  Shadow shadow_;
  CaptureClock captured_;
};

// The same words are compared in a canary session and in a control session.
class ShadowOfEither : public ::testing::TestWithParam<Mode> {
 protected:
  Talk talk{GetParam()};
};

TEST_P(ShadowOfEither, EarlyWordsAreTwoSecondsBeforeTheirFinal) {
  talk.hear(stable_partial("we agree today"), 1000);
  EXPECT_EQ(talk.figures(), PairedFigures{}) << "nobody has said them with finals only";
  talk.hear(final_result("we agree today."), 3000);
  const PairedFigures figures = talk.figures();
  EXPECT_EQ(figures.words, 3u);
  EXPECT_EQ(figures.early_mean_ms, (700 + 400 + 100) / 3.0);
  EXPECT_EQ(figures.final_only_mean_ms, figures.early_mean_ms + 2000);
  EXPECT_NEAR(figures.early_p95_ms, 700, 700 * 0.004);
  EXPECT_NEAR(figures.final_only_p95_ms, 2700, 2700 * 0.004);
  EXPECT_EQ(figures.taken_back, 0u);
}

TEST_P(ShadowOfEither, WordsThatComeWithTheFinalAreAsLateInBoth) {
  talk.hear(stable_partial("we agree"), 1000);
  talk.hear(final_result("we agree today."), 3000);
  const PairedFigures figures = talk.figures();
  EXPECT_EQ(figures.words, 3u);
  EXPECT_EQ(figures.early_mean_ms, (700 + 400 + 2100) / 3.0);
  EXPECT_EQ(figures.final_only_mean_ms, (2700 + 2400 + 2100) / 3.0);
}

TEST_P(ShadowOfEither, AWordThatTheFinalHasNotIsTakenBackAndNoPair) {
  talk.hear(stable_partial("we recognise beach"), 1000);
  talk.hear(final_result("we recognise speech today."), 3000);
  const PairedFigures figures = talk.figures();
  EXPECT_EQ(figures.taken_back, 1u);
  EXPECT_EQ(figures.words, 3u) << "we, recognise, today";
  EXPECT_EQ(figures.early_mean_ms, (700 + 400 + 1800) / 3.0);
  EXPECT_EQ(figures.final_only_mean_ms, (2700 + 2400 + 1800) / 3.0);
}

TEST_P(ShadowOfEither, AFinalThatSaysSomethingElseTakesAllBack) {
  talk.hear(stable_partial("we agree today"), 1000);
  talk.hear(final_result("you never did."), 3000);
  EXPECT_EQ(talk.figures().taken_back, 3u);
  EXPECT_EQ(talk.figures().words, 0u);
  talk.hear(stable_partial("yes", {.id = "r2", .start = at_ms(5000)}), 5400);
  talk.hear(final_result("yes.", {.id = "r2", .start = at_ms(5000)}), 7400);
  EXPECT_EQ(talk.figures().taken_back, 3u);
  EXPECT_EQ(talk.figures().words, 1u);
  EXPECT_EQ(talk.figures().early_mean_ms, 100);
  EXPECT_EQ(talk.figures().final_only_mean_ms, 2100);
}

TEST_P(ShadowOfEither, AFinalUnderAnotherIdIsTheSameResults) {
  talk.hear(stable_partial("we agree today"), 1000);
  talk.hear(final_result("we agree today.", {.id = "another"}), 3000);
  EXPECT_EQ(talk.figures().words, 3u);
  EXPECT_EQ(talk.figures().early_mean_ms, 400);
}

TEST_P(ShadowOfEither, WhatIsFlushedAtTheEndIsSaidByBoth) {
  talk.hear(stable_partial("we agree today"), 1000);
  talk.step(engine::EndOfAudio{}, 1500);
  EXPECT_EQ(talk.figures().words, 3u);
  EXPECT_EQ(talk.figures().early_mean_ms, 400);
  EXPECT_EQ(talk.figures().final_only_mean_ms, 900);
}

TEST_P(ShadowOfEither, ASilentRecogniserEndsTheComparison) {
  talk.hear(stable_partial("one"), 400);
  talk.hear(final_result("one."), 2400);
  for (int second = 3; second <= 14; ++second) talk.step(engine::SpeechDetected{}, second * 1000);
  EXPECT_FALSE(talk.shadow().running());
  EXPECT_FALSE(talk.shadow().next_tick());
  const PairedFigures before = talk.figures();
  EXPECT_EQ(before.words, 1u);
  talk.hear(stable_partial("two", {.id = "r2", .start = at_ms(15'000)}), 15'400);
  talk.hear(final_result("two.", {.id = "r2", .start = at_ms(15'000)}), 17'400);
  EXPECT_EQ(talk.figures(), before) << "for good";
}

INSTANTIATE_TEST_SUITE_P(Sessions, ShadowOfEither,
                         ::testing::Values(Mode::partial, Mode::final_only), [](const auto& mode) {
                           return mode.param == Mode::partial ? "Canary" : "Control";
                         });

TEST(Shadow, IsBoundedWhateverComesAndTheSameOfEither) {
  std::vector<PairedFigures> figures;
  for (const Mode mode : {Mode::partial, Mode::final_only}) {
    Talk talk(mode);
    for (int i = 0; i < 300; ++i) {  // early words whose finals never come
      const testing::ResultSpec spec{.id = "lost" + std::to_string(i), .start = at_ms(i * 1000)};
      talk.hear(stable_partial("a b", spec), i * 1000 + 700);
    }
    std::string sentence;
    for (int i = 0; i < 5000; ++i) sentence += "word" + std::to_string(i % 97) + " ";
    const testing::ResultSpec spec{.id = "long", .start = at_ms(400'000)};
    talk.hear(stable_partial(sentence, spec), 1'900'000);
    talk.hear(final_result(sentence, spec), 1'902'000);
    figures.push_back(talk.figures());
  }
  EXPECT_EQ(figures[0].words, 300u * 2 + 2000);
  EXPECT_EQ(figures[0], figures[1]);
}

TEST(Shadow, OfACanaryEndsWithAKill) {
  Talk talk(Mode::partial);
  talk.hear(stable_partial("one"), 400);
  talk.hear(final_result("one."), 2400);
  const testing::ResultSpec second{.id = "r2", .start = at_ms(3000)};
  talk.hear(stable_partial("two", second), 3400);
  talk.step(engine::ModeChange{Mode::final_only}, 3500);
  EXPECT_FALSE(talk.shadow().running());
  talk.hear(final_result("two.", second), 5400);
  talk.step(engine::ModeChange{Mode::partial}, 5500);
  const testing::ResultSpec third{.id = "r3", .start = at_ms(6000)};
  talk.hear(stable_partial("three", third), 6400);
  talk.hear(final_result("three.", third), 8400);
  EXPECT_EQ(talk.figures().words, 1u) << "until then only";
  EXPECT_EQ(talk.figures().early_mean_ms, 100);
}

TEST(Shadow, OfAControlSessionGoesOnAfterAKillWhichIsNoneForIt) {
  Talk talk(Mode::final_only);
  talk.step(engine::ModeChange{Mode::final_only}, 100);
  EXPECT_TRUE(talk.shadow().running());
  talk.hear(stable_partial("one"), 400);
  talk.hear(final_result("one."), 2400);
  EXPECT_EQ(talk.figures().words, 1u);
  talk.step(engine::ModeChange{Mode::partial}, 2500);
  EXPECT_FALSE(talk.shadow().running());
}

// The clock of a session that counts how often it wakes.
class CountingTimekeeper : public ManualTimekeeper {
 public:
  explicit CountingTimekeeper(int* woken) : woken_(woken) {}
  void wake_at(SessionTime when, std::function<void()> wake) override {
    ManualTimekeeper::wake_at(when, [count = woken_, wake = std::move(wake)] {
      ++*count;
      wake();
    });
  }

 private:
  int* woken_;
};

class SessionWithShadow : public testing::SessionTest {
 protected:
  // What the session of a talk decided, and how often it woke.
  struct Course {
    std::vector<std::string> decided;
    int woken = 0;
    std::optional<PairedFigures> paired;
  };

  void SetUp() override {}

  void adjust(SessionConfig& config, SessionParts& parts) override {
    config.engine.mode = mode;
    config.shadow = shadow;
    parts.timekeeper = [this](boost::asio::any_io_executor) {
      auto made = std::make_unique<CountingTimekeeper>(&woken);
      clock = made.get();
      return made;
    };
  }
  struct Decisions : SessionObserver {
    explicit Decisions(std::vector<std::string>* to) : decided(to) {}
    void on_step(const transcript::Event*, const engine::Commands& commands,
                 const observation::StepSummary&, SessionTime now) override {
      for (const engine::Command& command : commands) {
        std::string line = std::to_string(now.time_since_epoch().count());
        if (const auto* caption = std::get_if<engine::ShowCaption>(&command))
          line += " shows " + std::string(caption->text);
        if (const auto* piece = std::get_if<engine::Speak>(&command))
          line += " says " + std::string(piece->text);
        if (const auto* diagnostic = std::get_if<engine::Diagnostic>(&command))
          line += " notes " + std::string(to_string(diagnostic->kind));
        decided->push_back(line);
      }
    }
    std::vector<std::string>* const decided;
  };
  SessionObservers observers(const SessionConfig&) override {
    return {std::make_shared<Decisions>(&decided)};
  }

  // Hypotheses with and without flags, a pause, a result that is never final, an hour of nothing.
  Course play(Mode with_mode, bool with_shadow) {
    mode = with_mode;
    shadow = with_shadow;
    woken = 0;
    decided.clear();
    SessionTest::SetUp();
    for (milliseconds::rep ms = 600; ms <= 2400; ms += 100) {
      at(ms);
      say(testing::partial(
          std::string("a b c d e f g h").substr(0, std::size_t(ms / 300) * 2 - 1)));
    }
    at(4400);
    say(final_result("a b c d e f g x."));
    at(6000);
    say(stable_partial("never to end", {.id = "r2", .start = at_ms(5000)}));
    at(3'600'000);
    Course course{decided, woken, figures().paired};
    session.reset();
    poll();
    return course;
  }

  Mode mode = Mode::partial;
  bool shadow = true;
  int woken = 0;
  std::vector<std::string> decided;
};

TEST_F(SessionWithShadow, DecidesAsItWouldWithoutAndSleepsAsLong) {
  const Course canary = play(Mode::partial, true), canary_alone = play(Mode::partial, false);
  const Course control = play(Mode::final_only, true),
               control_alone = play(Mode::final_only, false);
  EXPECT_EQ(canary.decided, canary_alone.decided);
  EXPECT_EQ(control.decided, control_alone.decided);
  EXPECT_GT(canary.decided.size(), control.decided.size());
  EXPECT_EQ(canary.woken, canary_alone.woken) << "its shadow needs no time of its own";
  EXPECT_LE(control.woken, canary_alone.woken) << "it costs what a canary session does";
  EXPECT_EQ(canary_alone.paired, std::nullopt);
  ASSERT_TRUE(canary.paired && control.paired);
  EXPECT_EQ(*canary.paired, *control.paired) << "whichever of the two is the shadow";
  EXPECT_GT(canary.paired->words, 9u);
  EXPECT_LT(canary.paired->early_mean_ms, canary.paired->final_only_mean_ms);
}

}  // namespace
}  // namespace sotto::pipeline
