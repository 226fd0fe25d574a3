#include "server/sessions/recogniser_shares.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "base/sample_clock.hpp"
#include "tests/support/events.hpp"

namespace sotto::server {
namespace {

using ports::Pushed;
using std::chrono::seconds;

// One whose streams the test plays, one by one.
class PlayedRecogniser : public ports::Recogniser {
 public:
  struct Played {
    ports::RecogniserSink sink;
    std::size_t samples = 0;
    bool finished = false, destroyed = false;
  };

  std::vector<Language> languages() const override { return {Language{"en"}}; }
  std::optional<transcript::StabilityCalibration> calibration(const Language&) const override {
    return std::nullopt;
  }
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language&,
                                                        ports::RecogniserSink sink) override {
    if (broken) return fail(ErrorCode::unavailable, "down");
    streams.push_back(std::make_shared<Played>(Played{std::move(sink)}));
    return std::make_unique<Stream>(streams.back());
  }

  std::vector<std::shared_ptr<Played>> streams;
  bool broken = false;

 private:
  struct Stream : ports::RecogniserStream {
    explicit Stream(std::shared_ptr<Played> of) : played(std::move(of)) {}
    ~Stream() override { played->destroyed = true; }
    Pushed push(std::span<const std::int16_t> pushed) override {
      if (played->finished) return Pushed::over;
      played->samples += pushed.size();
      played->sink.on_progress(recognised());
      return Pushed::taken;
    }
    milliseconds recognised() const override { return length_of(played->samples); }
    void finish() override { played->finished = true; }
    const std::shared_ptr<Played> played;
  };
};

// A session's stream and what it was told.
struct Talk {
  std::unique_ptr<ports::RecogniserStream> stream;
  std::vector<std::string> ids;
  std::vector<milliseconds> starts;
  milliseconds progress{0};
  std::vector<Result<>> ends;
};

class RecogniserSharesTest : public ::testing::Test {
 protected:
  std::shared_ptr<Talk> talk(Claimant claimant) {
    auto talk = std::make_shared<Talk>();
    ports::RecogniserSink sink;
    sink.on_event = [talk = talk.get()](const transcript::Event& event) {
      talk->ids.emplace_back(event[0].id);
      talk->starts.push_back(event[0].start.time_since_epoch());
    };
    sink.on_progress = [talk = talk.get()](milliseconds place) { talk->progress = place; };
    sink.on_end = [talk = talk.get()](Result<> end) { talk->ends.push_back(std::move(end)); };
    talk->stream = *shares.open(std::move(claimant), Language{"en"}, std::move(sink));
    return talk;
  }
  static Pushed silence(Talk& talk, std::size_t samples = 1600) {
    return talk.stream->push(std::vector<std::int16_t>(samples));
  }
  // Bursts over silence: by loudness, somebody speaks.
  static Pushed speech(Talk& talk) {
    std::vector<std::int16_t> samples(sample_rate);
    for (std::size_t i = 0; i < samples.size(); ++i)
      if (i / 1600 % 2 == 1) samples[i] = i % 2 == 0 ? 9000 : -9000;
    return talk.stream->push(samples);
  }
  // A word is recognised in the newest stream.
  void word() { recogniser.streams.back()->sink.on_event(testing::final_result("hello.")); }
  void drain(std::size_t stream) { recogniser.streams.at(stream)->sink.on_end({}); }

  PlayedRecogniser recogniser;
  std::chrono::steady_clock::time_point now{seconds{1000}};
  RecogniserShares shares{{.most = 4, .clock = [this] { return now; }}, &recogniser};
};

TEST_F(RecogniserSharesTest, ATalkTakesARecogniserWithItsFirstAudio) {
  std::vector<std::shared_ptr<Talk>> talks;
  for (int i = 0; i < 50; ++i) talks.push_back(talk({.client = "stranger"}));
  EXPECT_TRUE(recogniser.streams.empty());
  EXPECT_EQ(shares.use().live, 0u);
  const auto speaker = talk({.client = "speaker"});
  EXPECT_EQ(silence(*speaker), Pushed::taken);
  EXPECT_EQ(recogniser.streams.size(), 1u);
  EXPECT_EQ(speaker->progress, milliseconds{100});
  EXPECT_EQ(shares.use().live, 1u);
}

TEST_F(RecogniserSharesTest, WhoFindsNoneIsToldSoAndLosesNothing) {
  std::vector<std::shared_ptr<Talk>> talks;
  for (int i = 0; i < 4; ++i) {
    talks.push_back(talk({.client = "hall", .trusted = true}));
    EXPECT_EQ(speech(*talks.back()), Pushed::taken);
  }
  const auto late = talk({.client = "late"});
  EXPECT_EQ(speech(*late), Pushed::busy);
  EXPECT_EQ(late->stream->recognised(), milliseconds{0});
  EXPECT_TRUE(late->ends.empty());
  talks.pop_back();
  EXPECT_EQ(speech(*late), Pushed::taken);
  EXPECT_EQ(late->progress, seconds{1});
}

TEST_F(RecogniserSharesTest, TheOneWithoutAudioForLongestGivesWay) {
  std::vector<std::shared_ptr<Talk>> talks;
  for (int i = 0; i < 4; ++i) {
    talks.push_back(talk({.client = "hall", .trusted = true}));
    EXPECT_EQ(speech(*talks.back()), Pushed::taken);
    now += seconds{1};
  }
  const auto late = talk({.client = "late"});
  now += seconds{25};
  EXPECT_EQ(speech(*late), Pushed::busy) << "29 s";
  EXPECT_EQ(speech(*talks[0]), Pushed::taken);
  now += seconds{4};
  EXPECT_EQ(speech(*late), Pushed::taken);
  EXPECT_FALSE(recogniser.streams[0]->finished) << "it was heard a moment ago";
  EXPECT_TRUE(recogniser.streams[1]->finished);
  EXPECT_TRUE(talks[1]->ends.empty()) << "the session goes on";
}

TEST_F(RecogniserSharesTest, ATalkThatGaveWayGoesOnWhereItWas) {
  const auto quiet = talk({.client = "a"});
  EXPECT_EQ(speech(*quiet), Pushed::taken);
  word();
  now += seconds{31};
  std::vector<std::shared_ptr<Talk>> others;
  for (int i = 0; i < 4; ++i) {
    others.push_back(talk({.client = "b", .trusted = true}));
    EXPECT_EQ(speech(*others.back()), Pushed::taken);
  }
  ASSERT_TRUE(recogniser.streams[0]->finished);
  recogniser.streams[0]->sink.on_event(testing::final_result("goodbye.", {.id = "r2"}));
  EXPECT_EQ(quiet->ids, (std::vector<std::string>{"r1", "r2"})) << "its last words are not lost";
  drain(0);
  EXPECT_EQ(silence(*quiet, 8000), Pushed::taken) << "silence needs nobody";
  EXPECT_EQ(quiet->progress, milliseconds{1500});
  EXPECT_EQ(speech(*quiet), Pushed::busy);
  others.pop_back();
  EXPECT_EQ(speech(*quiet), Pushed::taken);
  ASSERT_EQ(recogniser.streams.size(), 6u);
  EXPECT_TRUE(recogniser.streams[0]->destroyed);
  EXPECT_EQ(recogniser.streams[5]->samples, 24'000u) << "with what was held";
  word();
  EXPECT_EQ(quiet->ids.back(), "r2-r1") << "no id is used twice";
  EXPECT_EQ(quiet->starts.back(), seconds{1});
  EXPECT_EQ(quiet->stream->recognised(), milliseconds{2500});
}

TEST_F(RecogniserSharesTest, SoundWithoutAWordGivesWayAndWordsDoNot) {
  std::vector<std::shared_ptr<Talk>> talks;
  for (int i = 0; i < 4; ++i) talks.push_back(talk({.client = "x", .trusted = true}));
  for (int second = 0; second <= 60; ++second) {
    for (const auto& each : talks) EXPECT_EQ(speech(*each), Pushed::taken);
    for (std::size_t i = 0; i < 4; ++i)
      if (i != 2) recogniser.streams[i]->sink.on_event(testing::final_result("word."));
    now += seconds{1};
  }
  const auto late = talk({.client = "late"});
  EXPECT_EQ(speech(*late), Pushed::taken);
  EXPECT_TRUE(recogniser.streams[2]->finished);
}

TEST_F(RecogniserSharesTest, ARecordingGivesWayToAnybodyAndTakesFromNobody) {
  const auto demo = talk({.gives_way = true});
  std::vector<std::shared_ptr<Talk>> talks;
  EXPECT_EQ(speech(*demo), Pushed::taken);
  for (int i = 0; i < 4; ++i) {
    talks.push_back(talk({.client = "hall", .trusted = true}));
    EXPECT_EQ(speech(*talks.back()), Pushed::taken);
  }
  EXPECT_TRUE(recogniser.streams[0]->finished);
  drain(0);
  now += seconds{100};
  EXPECT_EQ(speech(*demo), Pushed::busy);
}

TEST_F(RecogniserSharesTest, NoClientHoldsAllWhenAnotherOneComes) {
  std::vector<std::shared_ptr<Talk>> talks;
  for (int i = 0; i < 4; ++i) {
    talks.push_back(talk({.client = "stranger"}));
    EXPECT_EQ(speech(*talks.back()), Pushed::taken);
    word();
    now += seconds{1};
  }
  const auto again = talk({.client = "stranger"});
  EXPECT_EQ(speech(*again), Pushed::busy);
  const auto other = talk({.client = "other"});
  EXPECT_EQ(speech(*other), Pushed::taken);
  EXPECT_TRUE(recogniser.streams[3]->finished) << "the newest of the one that holds the most";
  const auto third = talk({.client = "third"});
  EXPECT_EQ(speech(*third), Pushed::busy) << "three of four are a share";
}

TEST_F(RecogniserSharesTest, TheEndOfATalkThatHasNoRecogniserIsSaid) {
  const auto silent = talk({.client = "a"});
  silent->stream->finish();
  silent->stream->finish();
  EXPECT_EQ(silent->ends.size(), 1u);
  EXPECT_EQ(speech(*silent), Pushed::over);
  const auto heard = talk({.client = "a"});
  EXPECT_EQ(speech(*heard), Pushed::taken);
  heard->stream->finish();
  EXPECT_TRUE(heard->ends.empty());
  drain(0);
  EXPECT_EQ(heard->ends.size(), 1u);
  EXPECT_EQ(shares.use().live, 0u);
  recogniser.broken = true;
  const auto broken = talk({.client = "a"});
  EXPECT_EQ(speech(*broken), Pushed::over);
  ASSERT_EQ(broken->ends.size(), 1u);
  EXPECT_EQ(broken->ends[0].error().code, ErrorCode::unavailable);
  EXPECT_EQ(shares.use().live, 0u);
}

TEST_F(RecogniserSharesTest, ALanguageThatNobodyHearsIsRefusedAtOnce) {
  const auto opened = shares.open({}, Language{"tlh"}, {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::not_found);
  EXPECT_EQ(opened.error().field, "language");
}

}  // namespace
}  // namespace sotto::server
