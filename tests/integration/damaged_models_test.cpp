// The program where the models' files are not what they should be: PocketSphinx recognises, and the
// file is named.
#include <sys/stat.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "models/manifest.hpp"
#include "models/sha256.hpp"
#include "tests/support/installed_folder.hpp"
#include "tests/support/shell_command.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using sotto::testing::content_of;
using sotto::testing::Ran;
using sotto::testing::run_command;
using ::testing::HasSubstr;

const std::string recording =
    "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.wav";

class DamagedModels : public ::testing::Test {
 protected:
  // All files are links to the right ones.
  void SetUp() override {
    for (const char* name : {"onnxruntime", "silero-vad", "moonshine-base-en"}) {
      const auto folder = sotto::testing::installed_folder(name);
      if (!folder) GTEST_SKIP() << folder.error().message;
      for (const auto& file : sotto::models::manifest().find(name)->files) {
        const fs::path link = models_ / file.path;
        fs::create_directories(link.parent_path());
        fs::create_symlink(*folder / file.path, link);
        if (fs::exists((*folder / file.path).string() + ".sha256"))
          fs::create_symlink((*folder / file.path).string() + ".sha256", link.string() + ".sha256");
      }
    }
  }

  // The link whose file's name begins with `stem`.
  fs::path file(const std::string& model, const std::string& stem) const {
    for (const auto& each : sotto::models::manifest().find(model)->files)
      if (each.path.filename().string().starts_with(stem)) return models_ / each.path;
    ADD_FAILURE() << model << " has no file " << stem;
    return {};
  }

  static void replace(const fs::path& path, const std::string& bytes) {
    fs::remove(path);
    std::ofstream(path, std::ios::binary) << bytes;
  }

  Ran translate(const std::string& arguments) {
    return run_command("SOTTO_MODELS='" + models_.string() + "' '" SOTTO_BINARY "' translate '" +
                           recording + "' --to es " + arguments,
                       folder_.path());
  }

  // PocketSphinx serves and the fault's file is named; who asks for Moonshine hears that alone.
  void expect_named(const std::string& what) {
    const Ran ran = translate("--json --recogniser auto");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(what));
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    boost::system::error_code error;
    const auto answer = boost::json::parse(ran.out, error);
    ASSERT_FALSE(error) << ran.out;
    EXPECT_FALSE(answer.at("segments").as_array().empty());

    const Ran asked = translate("--recogniser moonshine");
    EXPECT_EQ(asked.code, 1);
    EXPECT_THAT(asked.err, HasSubstr(what));
    EXPECT_EQ(std::count(asked.err.begin(), asked.err.end(), '\n'), 1) << asked.err;
  }

  const sotto::testing::TemporaryFolder folder_;
  const fs::path models_ = folder_.path() / "models";
};

TEST_F(DamagedModels, WithWholeOnesMoonshineRecognises) {
  const Ran ran = translate("--json --recogniser auto");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, HasSubstr("disposed"));
}

TEST_F(DamagedModels, AMissingFileIsNamed) {
  const fs::path path = file("moonshine-base-en", "encoder");
  fs::remove(path);
  expect_named(path.string() + " is missing");
}

TEST_F(DamagedModels, AShorterFileIsNamed) {
  const fs::path path = file("silero-vad", "silero");
  const std::string bytes = content_of(path);
  replace(path, bytes.substr(0, bytes.size() / 2));
  expect_named(path.string() + " has ");
}

TEST_F(DamagedModels, AChangedByteIsNamed) {
  const fs::path path = file("silero-vad", "silero");
  std::string bytes = content_of(path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  replace(path, bytes);
  expect_named(path.string() + " has SHA-256 ");
}

TEST_F(DamagedModels, AnotherLibraryInTheRuntimesPlaceIsNamed) {
  const fs::path path = file("onnxruntime", "libonnxruntime");
  replace(path, content_of(SOTTO_BINARY).substr(0, 4096));
  expect_named(path.string() + " has 4,096 bytes");
}

TEST_F(DamagedModels, AFileInAnothersPlaceIsNamed) {
  const fs::path path = file("moonshine-base-en", "encoder");
  fs::remove(path);
  fs::create_symlink(file("moonshine-base-en", "decoder"), path);
  expect_named(path.string() + " has ");
}

TEST_F(DamagedModels, WhatIsNoFileIsNamed) {
  const fs::path path = file("moonshine-base-en", "tokenizer");
  fs::remove(path);
  fs::create_directory(path);
  expect_named(path.string() + " is no file");
  fs::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_named(path.string() + " is no file");
}

// What was prepared on this machine is checked against what its preparation left beside it: a whole
// file of another kind passes there, and is refused when it is loaded.
TEST_F(DamagedModels, AWrongFileThatIsSaidToBeRightIsNamed) {
  const fs::path path = file("moonshine-base-en", "decoder");
  const auto& files = sotto::models::manifest().find("moonshine-base-en")->files;
  const bool is_prepared = std::any_of(files.begin(), files.end(), [&](const auto& each) {
    return each.prepared && path == models_ / each.path;
  });
  if (!is_prepared) GTEST_SKIP() << "no file is prepared on this machine";
  for (const std::string& bytes : {content_of(file("silero-vad", "silero")), std::string("a text"),
                                   content_of(file("moonshine-base-en", "tokenizer"))}) {
    replace(path, bytes);
    fs::remove(path.string() + ".sha256");
    std::ofstream(path.string() + ".sha256")
        << sotto::models::sha256_of(path).value() << ' ' << bytes.size() << '\n';
    expect_named(path.string());
  }
}

}  // namespace
