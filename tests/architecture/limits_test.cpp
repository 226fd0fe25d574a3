// What makes one's way in hard: folders of many files, and long files.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 30;   // of a folder, tests not counted
constexpr std::size_t most_lines = 400;  // of a source file, tests too

bool is_test(const fs::path& path) {
  const std::string name = path.filename().string();
  return path.stem().string().ends_with("_test") || name.starts_with("test_") ||
         name.find(".test.") != std::string::npos;
}

// What is made or fetched, and is no part of the sources.
bool is_made(const fs::path& path) {
  static const std::set<std::string> names = {"node_modules", "venv", "build",
                                              "cdk.out",      "dist", "__pycache__"};
  const std::string name = path.filename().string();
  return names.contains(name) || name.starts_with(".");
}

std::vector<fs::path> files_in(const std::vector<std::string>& folders) {
  std::vector<fs::path> found;
  for (const std::string& folder : folders) {
    for (fs::recursive_directory_iterator at(fs::path(SOTTO_SOURCE_DIR) / folder), end; at != end;
         ++at) {
      if (is_made(at->path())) {
        if (at->is_directory()) at.disable_recursion_pending();
      } else if (at->is_regular_file()) {
        found.push_back(at->path());
      }
    }
  }
  return found;
}

TEST(Limits, NoFolderHoldsMoreThanThirtyFiles) {
  std::map<fs::path, std::size_t> count;
  for (const fs::path& file : files_in({"src", "apps", "bench", "web", "infra"}))
    if (!is_test(file)) ++count[file.parent_path()];
  ASSERT_GT(count.size(), 20u);
  for (const auto& [folder, files] : count) EXPECT_LE(files, most_files) << folder;
}

TEST(Limits, NoSourceFileHasMoreThanFourHundredLines) {
  const std::set<std::string> sources = {".cpp", ".hpp", ".ts", ".css", ".py"};
  std::size_t seen = 0;
  for (const fs::path& file :
       files_in({"src", "apps", "bench", "web", "infra", "fuzz", "tests", "scripts"})) {
    if (!sources.contains(file.extension().string())) continue;
    ++seen;
    std::ifstream in(file);
    const auto lines = std::count(std::istreambuf_iterator<char>(in), {}, '\n');
    EXPECT_LE(static_cast<std::size_t>(lines), most_lines) << file;
  }
  ASSERT_GT(seen, 300u);
}

}  // namespace
