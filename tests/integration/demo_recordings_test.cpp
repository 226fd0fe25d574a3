// Which recordings the demo plays.
#include "options/demo_recordings.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "models/manifest.hpp"
#include "server/sessions/demo_talk.hpp"
#include "tests/support/installed_folder.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::app {
namespace {

namespace fs = std::filesystem;

class DemoRecordings : public ::testing::Test {
 protected:
  const testing::TemporaryFolder temporary;
  const fs::path folder = temporary.path();
};

TEST_F(DemoRecordings, OfAFolderAreItsWavFilesByName) {
  for (const char* name : {"two.wav", "one.wav", "notes.txt"}) std::ofstream(folder / name) << "x";
  const auto files = demo_recordings(folder);
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(*files, (std::vector<fs::path>{folder / "one.wav", folder / "two.wav"}));
}

TEST_F(DemoRecordings, AFolderWithoutAnyIsNamed) {
  const auto files = demo_recordings(folder / "none");
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, ErrorCode::not_found);
  EXPECT_NE(files.error().message.find((folder / "none").string()), std::string::npos);
}

TEST_F(DemoRecordings, DamagedOnesAmongTheModelsAreLeftOut) {
  const auto whole = demo_recordings({});
  ASSERT_TRUE(whole) << whole.error().message;
  const char* const before = std::getenv("SOTTO_MODELS");
  const std::string kept = before ? before : "";
  ASSERT_EQ(setenv("SOTTO_MODELS", folder.c_str(), 1), 0);
  fs::create_directories(folder / "recordings");
  std::ofstream(folder / "recordings" / "two_cities.wav") << "no recording";
  const auto files = demo_recordings({});
  if (before)
    setenv("SOTTO_MODELS", kept.c_str(), 1);
  else
    unsetenv("SOTTO_MODELS");
  ASSERT_TRUE(files) << files.error().message;
  for (const fs::path& file : *files) EXPECT_FALSE(file.string().starts_with(folder.string()));
}

TEST_F(DemoRecordings, ThatComeWithTheModelsFollowLibriVoxsAndAreResampled) {
  const models::Model* const model = models::manifest().find("recordings");
  ASSERT_NE(model, nullptr);
  const auto place = testing::installed_folder("recordings");
  if (!place) GTEST_SKIP() << place.error().message;
  const auto files = demo_recordings({});
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_GE(files->size(), 2u);
  EXPECT_EQ(files->back(), *place / model->files.front().path);
  EXPECT_NE(files->front().string().find("librivox"), std::string::npos);
  const auto samples = server::load_recordings({files->back()});
  ASSERT_TRUE(samples) << samples.error().message;
  EXPECT_NEAR(static_cast<double>(samples->size()) / 16'000, 44.4 + 1, 0.1) << "and a pause";
}

}  // namespace
}  // namespace sotto::app
