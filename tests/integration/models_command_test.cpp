// `sotto models` as people run it, with files that are as long as the real ones and nothing else.

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "models/manifest.hpp"
#include "tests/support/shell_command.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

namespace fs = std::filesystem;
using sotto::testing::Ran;
using sotto::testing::run_command;

class ModelsCommand : public ::testing::Test {
 protected:
  ModelsCommand() : models(folder.path() / "models") {
    if (sotto::models::manifest().models.empty()) return;
    for (const auto& model : sotto::models::manifest().models)
      for (const auto& file : model.files) {
        fs::create_directories((models / file.path).parent_path());
        std::ofstream(models / file.path).close();
        fs::resize_file(models / file.path, file.size);  // sparse
      }
  }
  void SetUp() override {
    if (sotto::models::manifest().models.empty()) GTEST_SKIP() << "no models for this processor";
  }

  Ran sotto(const std::string& arguments, const std::string& environment = "") {
    return run_command("SOTTO_MODELS='" + models.string() + "' " + environment +
                           " '" SOTTO_BINARY "' models " + arguments,
                       folder.path());
  }

  // What `list --json` and `verify --json` say of one model.
  static boost::json::object told(const Ran& ran, const std::string& name) {
    const auto answer = boost::json::parse(ran.out);
    for (const auto& model : answer.at("models").as_array())
      if (model.at("name").as_string() == name) return model.as_object();
    return {};
  }

  sotto::testing::TemporaryFolder folder;
  fs::path models;
};

TEST_F(ModelsCommand, ListsEachWithItsLicenceAndState) {
  const Ran ran = sotto("list");
  EXPECT_EQ(ran.code, 0) << ran.err;
  for (const auto& model : sotto::models::manifest().models) {
    EXPECT_NE(ran.out.find(model.name), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find(model.purpose), std::string::npos) << ran.out;
  }
  const auto tiny = told(sotto("list --json"), "moonshine-tiny-en");
  EXPECT_EQ(tiny.at("state").as_string(), "ready");
  EXPECT_EQ(tiny.at("licence").as_string(), "MIT");
  EXPECT_EQ(tiny.at("folder").as_string(), models.string());
}

TEST_F(ModelsCommand, VerifyNamesEachFileThatIsNotTheManifests) {
  const Ran ran = sotto("verify moonshine-tiny-en");
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 3) << ran.err;
  EXPECT_NE(ran.err.find("tokenizer.bin has SHA-256 "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("sotto models get moonshine-tiny-en"), std::string::npos) << ran.err;
  const Ran all = sotto("verify --json");
  EXPECT_EQ(all.code, 1);
  const auto tiny = told(all, "moonshine-tiny-en");
  EXPECT_EQ(tiny.at("state").as_string(), "damaged");
  EXPECT_EQ(tiny.at("faults").as_array().size(), 3u);
}

TEST_F(ModelsCommand, ATruncatedFileIsSeenAtOnce) {
  fs::resize_file(models / "moonshine-tiny-en/tokenizer.bin", 1234);
  const Ran ran = sotto("list");
  EXPECT_NE(ran.out.find("tokenizer.bin has 1,234 bytes, should have "), std::string::npos)
      << ran.out;
  EXPECT_EQ(told(sotto("list --json"), "moonshine-tiny-en").at("state").as_string(), "damaged");
}

TEST_F(ModelsCommand, WhatIsRemovedIsRemovedUntilItIsFetched) {
  const Ran ran = sotto("remove moonshine-base-en");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_FALSE(fs::exists(models / "moonshine-base-en"));
  EXPECT_EQ(told(sotto("list --json"), "moonshine-base-en").at("state").as_string(), "removed");
  const Ran again = sotto("remove moonshine-base-en");
  if (told(sotto("list --json"), "moonshine-base-en").at("state").as_string() == "removed") {
    EXPECT_EQ(again.code, 1);
    EXPECT_NE(again.err.find("moonshine-base-en is not in " + models.string()), std::string::npos);
  }
}

TEST_F(ModelsCommand, GetSaysWhyItCannot) {
  fs::remove(models / "silero-vad/silero_vad.onnx");
  fs::create_directory(models / ".partial");
  std::ofstream(models / ".partial/wheels") << "a file in the folder's place";
  const Ran ran = sotto("get silero-vad");
  EXPECT_EQ(ran.code, 1) << ran.out;
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_NE(ran.err.find(models.string() + "/.partial/wheels cannot be written"), std::string::npos)
      << ran.err;
}

TEST_F(ModelsCommand, AnUnknownNameIsToldTheOnesThereAre) {
  for (const char* verb : {"verify", "get", "remove"}) {
    const Ran ran = sotto(std::string(verb) + " whisper");
    EXPECT_EQ(ran.code, 2);
    EXPECT_NE(ran.err.find("no model 'whisper'; there are onnxruntime"), std::string::npos)
        << ran.err;
  }
  EXPECT_EQ(sotto("").code, 2);
  EXPECT_EQ(sotto("remove").code, 2);
}

// The files that this machine has, if the set-up fetched them.
TEST(ModelsOfThisMachine, AreRight) {
  const int status = std::system("'" SOTTO_BINARY
                                 "' models list --json | grep -q "
                                 "'\"optional\":false,\"state\":\"missing\"'");
  if (WEXITSTATUS(status) == 0) GTEST_SKIP() << "the models are not here (scripts/models)";
  EXPECT_EQ(std::system("'" SOTTO_BINARY "' models verify"), 0);
}

}  // namespace
