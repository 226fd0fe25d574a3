#include "models/folders.hpp"

#include <fstream>
#include <map>

#include "models/check.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::models {
namespace {

namespace fs = std::filesystem;

Environment with(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

TEST(ModelFolders, TheUsersComesFirst) {
  EXPECT_EQ(folders(with({{"SOTTO_MODELS", "/m"}, {"HOME", "/home/ana"}})).front(), "/m");
  EXPECT_EQ(folders(with({{"XDG_DATA_HOME", "/data"}, {"HOME", "/home/ana"}})).front(),
            "/data/sotto/models");
  const Environment home = with({{"XDG_DATA_HOME", "relative"}, {"HOME", "/home/ana"}});
  EXPECT_EQ(own_folder(home).value(), "/home/ana/.local/share/sotto/models");
  EXPECT_EQ(folders(home).size(), 3u);
  EXPECT_EQ(folders(home).back(), "/usr/share/sotto/models");
}

TEST(ModelFolders, WithoutAHomeThereAreThoseOfAllUsers) {
  EXPECT_EQ(folders(with({})).size(), 2u);
  EXPECT_EQ(own_folder(with({})).error().code, ErrorCode::not_found);
}

TEST(ModelFolders, WhatIsRemovedIsKeptInMind) {
  const testing::TemporaryFolder folder;
  const Model model{"m", "x", "MIT", "p", "1", {{"m/a", 1, ""}, {"m/b", 1, "", true}}};
  EXPECT_EQ(remove(model, folder.path()).error().code, ErrorCode::not_found);
  EXPECT_FALSE(is_removed(model, folder.path()));
  fs::create_directory(folder.path() / "m");
  for (const char* name : {"m/a", "m/b", "m/b.sha256"}) std::ofstream(folder.path() / name) << "x";
  EXPECT_TRUE(remove(model, folder.path()));
  EXPECT_FALSE(fs::exists(folder.path() / "m"));
  EXPECT_TRUE(is_removed(model, folder.path()));
  EXPECT_EQ(faults(model, folder.path(), Depth::sizes).size(), 2u);
}

TEST(ModelFolders, WhatCannotBeRemovedIsSaid) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder.path() / "a") << "a file in the folder's place";
  const Model model{"m", "x", "MIT", "p", "1", {{"m", 1, ""}}};
  EXPECT_FALSE(remove(model, folder.path() / "a"));
}

}  // namespace
}  // namespace sotto::models
