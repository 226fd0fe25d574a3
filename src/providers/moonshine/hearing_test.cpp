// With the models of this machine, on real speech and on what is none.
#include <cmath>
#include <map>
#include <numbers>
#include <random>

#include "base/sample_clock.hpp"
#include "tests/contract/recording_sink.hpp"
#include "tests/support/installed_models.hpp"
#include "tests/support/librivox.hpp"
#include "tests/support/word_errors.hpp"

namespace sotto::providers::moonshine {
namespace {

using contract::RecordingSink;
using testing::installed_recogniser;
using testing::librivox_sentence;
using testing::librivox_sentences;
using testing::spoken_words;
using Samples = std::vector<std::int16_t>;

// Loaded once: each takes a second. Null where a model is not installed; `reason` says which.
// Throws where it is and cannot be loaded.
MoonshineRecogniser* recogniser(const std::string& size, std::string& reason) {
  static std::map<std::string, std::unique_ptr<MoonshineRecogniser>> loaded;
  const auto at = loaded.find(size);
  if (at != loaded.end()) return at->second.get();
  const auto files = installed_recogniser(size);
  if (!files) {
    reason = files.error().message;
    return nullptr;
  }
  auto models = load_models(*files);
  if (!models) throw std::runtime_error(models.error().message);
  auto made = MoonshineRecogniser::create(std::move(*models), {});
  if (!made) throw std::runtime_error(made.error().message);
  return loaded.emplace(size, std::move(*made)).first->second.get();
}

class Hearing : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::string reason;
    recogniser_ = recogniser(GetParam(), reason);
    if (!recogniser_) GTEST_SKIP() << reason;
  }

  // All finals of it.
  std::string heard(const Samples& audio) {
    RecordingSink recording;
    auto stream = recogniser_->open(Language{"en"}, recording.sink());
    if (!stream) {
      ADD_FAILURE() << stream.error().message;
      return {};
    }
    contract::push_all(**stream, audio, recording);
    (*stream)->finish();
    recording.wait_for_end();
    contract::expect_well_formed(recording.events(), length_of(audio.size()));
    said_ += recording.events().size();
    return contract::final_text(recording.events());
  }

  MoonshineRecogniser* recogniser_ = nullptr;
  std::size_t said_ = 0;  // events
};

TEST_P(Hearing, WritesWhatIsReadOutWithItsMarksAndCapitals) {
  std::size_t errors = 0, words = 0;
  for (std::size_t i = 0; i < librivox_sentences; ++i) {
    const std::string said = testing::librivox_text(i), text = heard(librivox_sentence(i));
    errors += testing::word_errors(said, text);
    words += spoken_words(said).size();
    ASSERT_FALSE(text.empty()) << said;
    EXPECT_TRUE(text[0] >= 'A' && text[0] <= 'Z') << text;
    EXPECT_THAT(std::string(".,?!;:"), ::testing::Contains(text.back())) << text;
  }
  EXPECT_LE(static_cast<double>(errors), 0.08 * static_cast<double>(words));
}

// Whether it says something three times in a row, or four words or more twice.
bool has_loop(const std::string& text) {
  const auto words = spoken_words(text);
  for (std::size_t period = 1; period <= words.size() / 2; ++period) {
    std::size_t same = 0;
    for (std::size_t i = period; i < words.size(); ++i) {
      same = words[i] == words[i - period] ? same + 1 : 0;
      if (same >= (period >= 4 ? period : 2 * period)) return true;
    }
  }
  return false;
}

TEST_P(Hearing, NoSentenceThatIsCutOffGoesRound) {
  for (std::size_t i = 0; i < librivox_sentences; ++i) {
    const Samples sentence = librivox_sentence(i);
    ASSERT_FALSE(has_loop(testing::librivox_text(i)));
    for (std::size_t cut = 8'000; cut < sentence.size(); cut += 8'000) {
      Samples audio(sentence.begin(), sentence.begin() + static_cast<std::ptrdiff_t>(cut));
      audio.resize(cut + 12'000, 0);
      const std::string text = heard(audio);
      EXPECT_FALSE(has_loop(text)) << text;
      EXPECT_LE(spoken_words(text).size(), 2 + spoken_words(testing::librivox_text(i)).size());
    }
  }
}

TEST(HasLoop, KnowsWhatGoesRound) {
  EXPECT_TRUE(has_loop("files, files, files"));
  EXPECT_TRUE(has_loop("x with sociated with sociated with sociated"));
  EXPECT_TRUE(has_loop("he said it all. He said it all."));
  EXPECT_FALSE(has_loop("it was the age of wisdom, it was the age of foolishness"));
  EXPECT_FALSE(has_loop("very, very good"));
}

INSTANTIATE_TEST_SUITE_P(Moonshine, Hearing, ::testing::Values("base", "tiny"),
                         [](const auto& test) { return test.param; });

// A minute of sound, sample by sample: `value` gets the place in seconds.
template <class Value>
Samples a_minute(Value value) {
  Samples samples(60 * 16'000);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double level = std::clamp(value(static_cast<double>(i) / 16'000.0), -1.0, 1.0);
    samples[i] = static_cast<std::int16_t>(std::lround(32'000 * level));
  }
  return samples;
}

double wave(double hertz, double at) { return std::sin(2 * std::numbers::pi * hertz * at); }

// Chords of plucked strings over a drum, 100 to the minute.
double music(double at) {
  constexpr double beat = 0.6;
  static constexpr double chords[4][3] = {
      {220, 277.18, 329.63}, {196, 246.94, 293.66}, {174.61, 220, 261.63}, {196, 246.94, 329.63}};
  const auto bar = static_cast<std::size_t>(at / (4 * beat)) % 4;
  const double in_beat = std::fmod(at, beat), in_half = std::fmod(at, beat / 2);
  double sum = 0.5 * std::exp(-30 * in_beat) * wave(60 + 60 * std::exp(-20 * in_beat), in_beat);
  for (const double hertz : chords[bar])
    for (int harmonic = 1; harmonic <= 4; ++harmonic)
      sum += 0.12 / harmonic * std::exp(-4 * in_half) * wave(hertz * harmonic, at);
  return sum;
}

class NoSpeech : public Hearing {
 protected:
  // Nothing is shown of it, not even for a moment.
  void expect_nothing(const char* what, const Samples& sound) {
    const std::string text = heard(sound);
    EXPECT_EQ(text, "") << "of " << what;
    EXPECT_EQ(said_, 0u) << "of " << what;
    said_ = 0;
  }
};

TEST_P(NoSpeech, SaysNothing) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal;
  expect_nothing("silence", Samples(60 * 16'000, 0));
  for (const double level : {0.003, 0.03, 0.2})
    expect_nothing("white noise", a_minute([&](double) { return level * normal(random); }));
  // Pink by Paul Kellet's three poles.
  double a = 0, b = 0, c = 0;
  for (const double level : {0.01, 0.06}) {
    expect_nothing("pink noise", a_minute([&](double) {
                     const double white = normal(random);
                     a = 0.99765 * a + white * 0.0990460;
                     b = 0.96300 * b + white * 0.2965164;
                     c = 0.57000 * c + white * 1.0526913;
                     return level * (a + b + c + white * 0.1848);
                   }));
  }
  expect_nothing("a hum", a_minute([](double at) {
                   return 0.2 * wave(50, at) + 0.1 * wave(100, at) + 0.05 * wave(150, at);
                 }));
  expect_nothing("music", a_minute([](double at) { return 0.6 * music(at); }));
  expect_nothing("clicks", a_minute([&](double at) {
                   return std::fmod(at, 0.37) < 0.002 ? 0.5 * normal(random) : 0.0;
                 }));
}

INSTANTIATE_TEST_SUITE_P(Moonshine, NoSpeech, ::testing::Values("base"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace sotto::providers::moonshine
