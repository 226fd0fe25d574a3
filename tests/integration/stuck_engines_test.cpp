// Recognisers that take nothing, say nothing or end early: whoever waits for one gives up.
#include <gtest/gtest.h>

#include "base/sample_clock.hpp"
#include "composition/record_events.hpp"
#include "composition/talk.hpp"
#include "tests/support/fakes.hpp"

namespace sotto::composition {
namespace {

enum class Fault : unsigned char { always_full, says_nothing, fails, ends_early };

// Has its fault after two seconds of audio.
class FaultyRecogniser : public ports::Recogniser {
 public:
  explicit FaultyRecogniser(Fault fault) : fault_(fault) {}
  std::vector<Language> languages() const override { return {Language{"en"}}; }
  std::optional<transcript::StabilityCalibration> calibration(const Language&) const override {
    return std::nullopt;
  }
  Result<std::unique_ptr<ports::RecogniserStream>> open(const Language&,
                                                        ports::RecogniserSink sink) override {
    return std::make_unique<Stream>(fault_, std::move(sink));
  }

 private:
  class Stream : public ports::RecogniserStream {
   public:
    Stream(Fault fault, ports::RecogniserSink sink) : fault_(fault), sink_(std::move(sink)) {}
    ports::Pushed push(std::span<const std::int16_t> samples) override {
      if (is_over_) return ports::Pushed::over;
      const bool is_faulty = recognised_ >= milliseconds{2000};
      if (is_faulty && fault_ == Fault::always_full) return ports::Pushed::full;
      if (is_faulty && fault_ == Fault::fails) end(fail(ErrorCode::unavailable, "it broke"));
      if (is_faulty && fault_ == Fault::ends_early) end({});
      if (is_over_) return ports::Pushed::over;
      if (is_faulty) return ports::Pushed::taken;
      recognised_ += length_of(samples.size());
      sink_.on_progress(recognised_);
      return ports::Pushed::taken;
    }
    milliseconds recognised() const override { return recognised_; }
    void finish() override {
      if (fault_ == Fault::always_full) end({});
    }

   private:
    void end(Result<> how) {
      if (!std::exchange(is_over_, true)) sink_.on_end(std::move(how));
    }

    const Fault fault_;
    const ports::RecogniserSink sink_;
    milliseconds recognised_{0};
    bool is_over_ = false;
  };

  const Fault fault_;
};

class StuckEngines : public ::testing::TestWithParam<std::tuple<Fault, bool, ErrorCode>> {
 protected:
  Fault fault() const { return std::get<0>(GetParam()); }
  bool in_real_time() const { return std::get<1>(GetParam()); }
  static constexpr milliseconds patience{50};
};

TEST_P(StuckEngines, ATalkIsGivenUp) {
  const Engines engines{std::make_unique<FaultyRecogniser>(fault()),
                        std::make_unique<testing::FakeTranslator>()};
  TalkOptions options;
  options.recording =
      "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.wav";
  options.real_time = in_real_time();
  options.patience = patience;
  const auto talk = play_talk(options, engines);
  ASSERT_FALSE(talk);
  EXPECT_EQ(talk.error().code, std::get<2>(GetParam())) << talk.error().message;
}

TEST_P(StuckEngines, RecordingItsEventsIsGivenUp) {
  if (in_real_time()) GTEST_SKIP() << "there is no real time here";
  FaultyRecogniser recogniser(fault());
  const std::vector<std::int16_t> samples(5 * 16'000);
  const auto events =
      record_events(recogniser, Language{"en"}, SessionId{"talk"}, samples, patience);
  ASSERT_FALSE(events);
  const bool breaks_the_contract = fault() == Fault::always_full;
  EXPECT_EQ(events.error().code,
            breaks_the_contract ? ErrorCode::internal : std::get<2>(GetParam()))
      << events.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Faults, StuckEngines,
    ::testing::Values(std::tuple(Fault::always_full, false, ErrorCode::deadline_exceeded),
                      std::tuple(Fault::says_nothing, false, ErrorCode::deadline_exceeded),
                      std::tuple(Fault::fails, false, ErrorCode::unavailable),
                      std::tuple(Fault::ends_early, false, ErrorCode::unavailable),
                      std::tuple(Fault::fails, true, ErrorCode::unavailable)));

}  // namespace
}  // namespace sotto::composition
