#include "providers/sherpa/synthesiser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "models/check.hpp"
#include "models/folders.hpp"
#include "providers/sherpa/test_support.hpp"
#include "tests/contract/synthesiser_contract.hpp"

namespace sotto::contract {

using providers::sherpa::Settings;
using providers::sherpa::SherpaSynthesiser;

constexpr std::size_t queue_bound = 16;

/// The voice that scripts/setup fetches for tests, or null where it is not installed.
std::unique_ptr<ports::Synthesiser> make_joe() {
  const auto find = [](const char* name) -> std::filesystem::path {
    const auto* const model = models::manifest().find(name);
    const auto folder = model ? models::find(*model, models::folders())
                              : Result<std::filesystem::path>(fail(ErrorCode::not_found, name));
    return folder ? *folder : std::filesystem::path();
  };
  Settings settings;
  settings.program = SHERPA_WORKER;
  settings.start_deadline = settings.deadline = std::chrono::seconds{40};
  settings.largest_real_time_factor = 100;
  settings.max_queued = queue_bound;
  const auto engine = find("sherpa-onnx"), voice = find("voice-en-joe");
  if (engine.empty() || voice.empty() ||
      !supervision::find_program(settings.espeak, supervision::search_path()))
    return nullptr;
  settings.library = engine / "sherpa-onnx/libsherpa-onnx-c-api.so";
  settings.voices = voice / "voices/en_US-joe-medium";
  auto synthesiser = SherpaSynthesiser::create(settings);
  if (!synthesiser) throw std::runtime_error(synthesiser.error().message);
  return std::move(*synthesiser);
}

const std::string sentence = "The house is red and the garden is green.";

INSTANTIATE_TEST_SUITE_P(Sherpa, SynthesiserContract,
                         ::testing::Values(SynthesiserCase{"Joe", make_joe, Language("en"),
                                                           sentence, milliseconds{1'700},
                                                           milliseconds{3'200}, queue_bound}),
                         synthesiser_case_name);

}  // namespace sotto::contract

namespace sotto::providers::sherpa {
namespace {

TEST(SherpaCreate, SaysWhatIsMissing) {
  const test::TemporaryDirectory folder;
  Settings settings = test::worker_settings(folder);
  const auto no_voice = SherpaSynthesiser::create(settings);
  ASSERT_FALSE(no_voice);
  EXPECT_EQ(no_voice.error().code, ErrorCode::not_found);

  test::write_voice(folder, "voice");
  settings.espeak = "no-such-program";
  const auto no_espeak = SherpaSynthesiser::create(settings);
  ASSERT_FALSE(no_espeak);
  EXPECT_NE(no_espeak.error().message.find("install the Debian package espeak-ng"),
            std::string::npos);

  settings = test::worker_settings(folder);
  settings.library = folder.path() / "missing.so";
  const auto no_library = SherpaSynthesiser::create(settings);
  ASSERT_FALSE(no_library);
  EXPECT_EQ(no_library.error().code, ErrorCode::not_found);
  EXPECT_NE(no_library.error().message.find("sotto models get sherpa-onnx"), std::string::npos);

  settings.library = folder.write("other.so", "no library");
  const auto no_sherpa = SherpaSynthesiser::create(settings);
  ASSERT_FALSE(no_sherpa);
  EXPECT_EQ(no_sherpa.error().code, ErrorCode::unavailable);
  EXPECT_NE(no_sherpa.error().message.find("cannot be loaded"), std::string::npos);
}

TEST(SherpaCreate, NamesASettingOutOfRange) {
  const auto expect_refused = [](const std::string& field, auto change) {
    Settings settings;
    change(settings);
    const auto synthesiser = SherpaSynthesiser::create(settings);
    ASSERT_FALSE(synthesiser.has_value()) << field;
    EXPECT_EQ(synthesiser.error().code, ErrorCode::invalid_argument);
    EXPECT_EQ(synthesiser.error().field, field);
  };
  const milliseconds none{0};
  expect_refused("start_deadline", [&](Settings& s) { s.start_deadline = none; });
  expect_refused("deadline", [&](Settings& s) { s.deadline = none; });
  expect_refused("longest_wait", [&](Settings& s) { s.longest_wait = none; });
  expect_refused("max_queued", [](Settings& s) { s.max_queued = 0; });
  expect_refused("longest_speech", [&](Settings& s) { s.longest_speech = none; });
  expect_refused("longest_speech", [](Settings& s) { s.longest_speech = std::chrono::hours{1}; });
  expect_refused("largest_real_time_factor", [](Settings& s) { s.largest_real_time_factor = 0; });
  expect_refused("first_back_off", [&](Settings& s) { s.first_back_off = none; });
  expect_refused("largest_back_off", [](Settings& s) { s.largest_back_off = milliseconds{1}; });
  expect_refused("failures_to_open", [](Settings& s) { s.failures_to_open = 0; });
  expect_refused("open_for", [&](Settings& s) { s.open_for = none; });
  expect_refused("idle_stop", [&](Settings& s) { s.idle_stop = none; });
}

}  // namespace
}  // namespace sotto::providers::sherpa
