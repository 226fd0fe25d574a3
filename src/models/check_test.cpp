#include "models/check.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "models/sha256.hpp"
#include "tests/support/temporary_folder.hpp"

namespace sotto::models {
namespace {

namespace fs = std::filesystem;

// Of the texts "one" and "two" (coreutils' sha256sum).
const std::string sha256_of_one =
    "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
const std::string sha256_of_two =
    "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";

class Check : public ::testing::Test {
 protected:
  void SetUp() override {
    write("m/one.bin", "one");
    write("m/two.bin", "two");
  }
  void write(const std::string& path, const std::string& content) {
    fs::create_directories((folder.path() / path).parent_path());
    std::ofstream(folder.path() / path, std::ios::binary) << content;
  }
  // The one fault there is.
  Error fault(Depth depth) const {
    const auto found = faults(model, folder.path(), depth);
    EXPECT_EQ(found.size(), 1u);
    return found.empty() ? Error{} : found.front();
  }
  static bool says(const Error& error, const std::string& text) {
    return error.message.find(text) != std::string::npos;
  }

  testing::TemporaryFolder folder;
  Model model{"m", "x", "MIT",
              "p", "1", {{"m/one.bin", 3, sha256_of_one}, {"m/two.bin", 3, sha256_of_two}}};
};

TEST_F(Check, FindsNothingWhereAllIsRight) {
  EXPECT_TRUE(faults(model, folder.path(), Depth::sizes).empty());
  EXPECT_TRUE(faults(model, folder.path(), Depth::hashes).empty());
  EXPECT_TRUE(check(model, folder.path(), Depth::hashes));
}

TEST_F(Check, NamesAFileThatIsMissingAndWhatFetchesIt) {
  fs::remove(folder.path() / "m/two.bin");
  const Error error = fault(Depth::sizes);
  EXPECT_EQ(error.code, ErrorCode::not_found);
  EXPECT_TRUE(says(error, (folder.path() / "m/two.bin").string() + " is missing")) << error.message;
  EXPECT_TRUE(says(error, "sotto models get m")) << error.message;
  fs::remove_all(folder.path() / "m");
  EXPECT_EQ(faults(model, folder.path(), Depth::sizes).size(), 2u) << "each is named";
}

TEST_F(Check, SaysHowLongATruncatedFileIs) {
  model.files[0].size = 13'281'600;
  fs::resize_file(folder.path() / "m/one.bin", 12'345);
  EXPECT_TRUE(says(fault(Depth::sizes), "12,345 bytes, should have 13,281,600"));
  fs::resize_file(folder.path() / "m/one.bin", 0);
  EXPECT_TRUE(says(fault(Depth::sizes), " 0 bytes"));
}

TEST_F(Check, FindsFilesThatWereExchanged) {
  write("m/one.bin", "two");
  write("m/two.bin", "one");
  EXPECT_TRUE(faults(model, folder.path(), Depth::sizes).empty()) << "they are as long";
  const auto found = faults(model, folder.path(), Depth::hashes);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(says(found[0], "has SHA-256 " + sha256_of_two + ", should have " + sha256_of_one));
  EXPECT_EQ(found[0].code, ErrorCode::invalid_argument);
}

TEST_F(Check, FindsOneDamagedByte) {
  write("m/one.bin", "ond");
  EXPECT_TRUE(says(fault(Depth::hashes), "m/one.bin has SHA-256"));
}

TEST_F(Check, TakesAFolderOrAPipeForNoFile) {
  for (const bool pipe : {false, true}) {
    fs::remove_all(folder.path() / "m/one.bin");
    if (pipe)
      ASSERT_EQ(::mkfifo((folder.path() / "m/one.bin").c_str(), 0600), 0);
    else
      fs::create_directory(folder.path() / "m/one.bin");
    for (const Depth depth : {Depth::sizes, Depth::hashes})
      EXPECT_TRUE(says(fault(depth), "one.bin is no file"));
    EXPECT_EQ(sha256_of(folder.path() / "m/one.bin").error().code, ErrorCode::invalid_argument);
  }
  fs::remove_all(folder.path() / "m");
  write("m", "a file in the place of the folder");
  EXPECT_EQ(faults(model, folder.path(), Depth::hashes).size(), 2u);
}

TEST_F(Check, SaysThatAFileCannotBeRead) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  fs::permissions(folder.path() / "m/one.bin", fs::perms::none);
  EXPECT_EQ(fault(Depth::hashes).code, ErrorCode::permission_denied);
}

TEST_F(Check, APreparedFileMayHaveADigestOfItsOwn) {
  write("m/one.bin", "other");
  EXPECT_EQ(faults(model, folder.path(), Depth::hashes).size(), 1u);
  write("m/one.bin.sha256", sha256_of(folder.path() / "m/one.bin").value() + " 5\n");
  EXPECT_EQ(faults(model, folder.path(), Depth::hashes).size(), 1u) << "only where it is prepared";
  model.files[0].prepared = true;
  EXPECT_TRUE(faults(model, folder.path(), Depth::hashes).empty());
  write("m/one.bin", "OTHER");
  EXPECT_TRUE(says(fault(Depth::hashes), "SHA-256"));
  write("m/one.bin.sha256", "nonsense");
  EXPECT_TRUE(says(fault(Depth::hashes), "should have 3")) << "then the manifest's counts";
}

TEST_F(Check, FindsTheFirstFolderThatHasAll) {
  const testing::TemporaryFolder empty, half;
  fs::create_directories(half.path() / "m");
  std::ofstream(half.path() / "m/one.bin") << "one";
  EXPECT_EQ(find(model, {empty.path(), half.path(), folder.path()}).value(), folder.path());
  const auto none = find(model, {empty.path(), half.path()});
  ASSERT_FALSE(none);
  EXPECT_TRUE(says(none.error(), (half.path() / "m/two.bin").string())) << none.error().message;
  EXPECT_TRUE(says(find(model, {empty.path()}).error(), empty.path().string()));
  EXPECT_TRUE(says(find(model, {}).error(), "SOTTO_MODELS"));
}

TEST(Sha256, OfMoreThanABlock) {
  const testing::TemporaryFolder folder;
  const fs::path path = folder.path() / "a";
  std::ofstream(path, std::ios::binary) << std::string(3'000'000, 'a');
  // python3 -c 'import hashlib; print(hashlib.sha256(b"a" * 3000000).hexdigest())'
  EXPECT_EQ(sha256_of(path).value(),
            "2a152c894398719c0570f83fac34ac03a0f6e8e474b995c2403aa5434f7b9dd4");
  EXPECT_EQ(sha256_of(folder.path() / "b").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace sotto::models
